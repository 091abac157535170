"""One row or byte dropped, doubled or altered at a joint of a supervised run: each must be caught, and located."""
