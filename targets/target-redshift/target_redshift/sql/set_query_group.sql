SET query_group TO $label
