"""What every tap and target of dif is made of."""
