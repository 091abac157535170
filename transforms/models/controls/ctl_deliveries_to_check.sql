-- What the facts have taken in and no check has passed since: of this build, and of earlier ones that did not pass.
select distinct built.level, built.delivery_id
from {{ ref('ctl_built_deliveries') }} as built
left join {{ ref('ctl_checked_deliveries') }} as checked
    on built.level = checked.level and built.delivery_id = checked.delivery_id
where checked.delivery_id is null
{% for level in all_levels() -%}
-- depends_on: {{ ref('fct_media_' ~ level ~ '_daily') }}
{% endfor %}
