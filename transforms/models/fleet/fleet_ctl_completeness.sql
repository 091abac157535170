{{ fleet_union('ctl_completeness') }}
