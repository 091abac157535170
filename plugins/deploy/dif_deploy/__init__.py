"""What is due, and how it is run where there is no terminal: planner, Lambda and ECS handlers."""
