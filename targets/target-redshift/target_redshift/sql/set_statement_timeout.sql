SET statement_timeout TO $milliseconds
