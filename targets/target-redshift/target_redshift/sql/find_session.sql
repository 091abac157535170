-- One that began later is another program's, to which the system gave the same number.
SELECT process FROM stv_sessions WHERE process = $session AND starttime <= $noted_at
