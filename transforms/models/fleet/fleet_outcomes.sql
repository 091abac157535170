{{ fleet_union('mart_outcomes') }}
