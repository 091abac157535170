{# The mart of a level: its facts, with all that may change without a reload joined when it is read: rates, names,
   versions, completeness. Ad groups and ads get a residual row where their campaign has more than they add up to
   (Performance Max has no ads); an account has a row for every day that was to be read, zero or missing. #}
{% macro mart_daily(level) %}
    {%- set keys = level_keys(level) -%}
    {%- set metrics = ['spend_native'] + count_metrics() + ['reach', 'conversions', 'conversion_value_native'] -%}
    with facts as (
        {% if level == 'account' -%}
        select
            days.platform,
            days.stream_name,
            days.account_id,
            days.report_date,
            {{ key_of(['platform', 'account_id', 'report_date'], 'days.') }} as row_key,
            coalesce(facts.currency_code, accounts.currency_code) as currency_code,
            {% for metric in metrics -%}
            cast(
                case when facts.row_key is not null then facts.{{ metric }} when days.status <> 'missing' then 0 end
                as {{ metric_type(metric) }}
            ) as {{ metric }},
            {% endfor -%}
            facts.extracted_at,
            coalesce(facts.run_id, days.run_id) as run_id,
            false as is_residual
        from {{ ref('ctl_completeness') }} as days
        left join {{ ref('fct_media_account_daily') }} as facts
            on days.platform = facts.platform
            and days.account_id = facts.account_id
            and days.report_date = facts.report_date
        left join {{ ref('int_account_versions') }} as accounts
            on days.platform = accounts.platform
            and days.account_id = accounts.account_id
            and coalesce(days.last_covered_at, {{ as_of() }}) >= accounts.known_from
            and coalesce(days.last_covered_at, {{ as_of() }}) < accounts.known_to
        where days.level = 'account'
        {%- else -%}
        select
            platform, stream_name, account_id, report_date,
            {% for key in keys %}{{ key }}, {% endfor %}row_key, currency_code,
            {{ metrics | join(', ') }}, extracted_at, run_id,
            false as is_residual
        from {{ ref('fct_media_' ~ level ~ '_daily') }}
        {% if level in ('ad_group', 'ad') %}
        union all
        select
            platform, stream_name, account_id, report_date, campaign_id,
            {% for key in keys[1:] %}cast('residual' as varchar(128)) as {{ key }}, {% endfor %}row_key, currency_code,
            {{ metrics | join(', ') }}, extracted_at, run_id,
            true as is_residual
        from {{ ref('fct_media_' ~ level ~ '_residual_daily') }}
        {%- endif %}
        {%- endif %}
    ),

    restated as (
        select
            row_key,
            count(*) as restatement_count,
            max(seen_at) as last_restated_at,
            min(case when change = 'added' then seen_at end) as first_added_at
        from {{ ref('ctl_restatement_log') }}
        where level = '{{ level }}'
        group by 1
    )

    select
        cast('{{ client_id() }}' as varchar(64)) as client_id,
        facts.platform,
        channels.channel_group,
        facts.stream_name,
        facts.run_id,
        facts.extracted_at as extracted_at_utc,
        facts.report_date,
        days.account_timezone,
        days.date_utc_start,
        days.date_utc_end,
        days.day_length_hours,
        1 + coalesce(restated.restatement_count, 0) as row_version,
        coalesce(restated.restatement_count, 0) as restatement_count,
        coalesce(restated.first_added_at, days.first_covered_at) as first_seen_at,
        restated.last_restated_at,
        coalesce(days.is_final, false) as is_final,
        coalesce(days.status, 'unknown') as completeness_status,
        facts.account_id,
        accounts.account_name,
        {% for key in keys %}facts.{{ key }},
        {% endfor -%}
        {% if 'campaign_id' in keys %}campaigns.campaign_name, campaigns.campaign_type, campaigns.campaign_status,
        {% endif -%}
        {% if 'ad_group_id' in keys %}ad_groups.ad_group_name,
        {% endif -%}
        {% if 'ad_id' in keys %}ads.ad_name,
        {% endif -%}
        {% if level == 'url' -%}
        {{ url_columns('facts.landing_url') }},
        {% endif -%}
        facts.is_residual,
        facts.currency_code,
        facts.spend_native,
        cast(
            case when facts.currency_code = '{{ reporting_currency() }}' then 1 else fx.rate end as decimal(20, 10)
        ) as fx_rate_to_reporting,
        fx.fx_rate_date,
        fx.fx_source,
        cast('{{ reporting_currency() }}' as varchar(3)) as reporting_currency,
        {{ in_reporting_currency('facts.spend_native') }} as spend_reporting,
        {% for name in count_metrics() %}facts.{{ name }},
        {% endfor -%}
        facts.reach,
        facts.conversions,
        facts.conversion_value_native,
        {{ in_reporting_currency('facts.conversion_value_native') }} as conversion_value_reporting
    from facts
    left join {{ ref('ctl_channels') }} as channels on facts.platform = channels.platform
    left join {{ ref('ctl_completeness') }} as days
        on days.level = '{{ level }}'
        and facts.platform = days.platform
        and facts.account_id = days.account_id
        and facts.report_date = days.report_date
    left join restated on facts.row_key = restated.row_key
    left join {{ ref('dim_account') }} as accounts
        on facts.platform = accounts.platform and facts.account_id = accounts.account_id
    {% if 'campaign_id' in keys -%}
    left join {{ ref('dim_campaign') }} as campaigns
        on facts.platform = campaigns.platform
        and facts.account_id = campaigns.account_id
        and facts.campaign_id = campaigns.campaign_id
    {% endif -%}
    {% if 'ad_group_id' in keys -%}
    left join {{ ref('dim_ad_group') }} as ad_groups
        on facts.platform = ad_groups.platform
        and facts.account_id = ad_groups.account_id
        and facts.ad_group_id = ad_groups.ad_group_id
    {% endif -%}
    {% if 'ad_id' in keys -%}
    left join {{ ref('dim_ad') }} as ads
        on facts.platform = ads.platform
        and facts.account_id = ads.account_id
        and facts.ad_group_id = ads.ad_group_id
        and facts.ad_id = ads.ad_id
    {% endif -%}
    left join {{ ref('dim_fx_rate') }} as fx
        on facts.report_date = fx.rate_date
        and facts.currency_code = fx.from_currency
        and fx.to_currency = '{{ reporting_currency() }}'
{% endmacro %}

{# Without a rate there is no amount: NULL, and ctl_missing_rates names the day. #}
{% macro in_reporting_currency(amount) -%}{{ in_currency(amount, 'facts.currency_code', 'fx') }}{%- endmacro %}

{# An amount at the rate of its day; `rates` is dim_fx_rate as it was joined for this currency. #}
{% macro in_currency(amount, currency, rates) -%}
    cast(
        {{ amount }} * case when {{ currency }} = '{{ reporting_currency() }}' then 1 else {{ rates }}.rate end
        as decimal(20, 6)
    )
{%- endmacro %}

{# What a campaign has more than the rows of a level below it add up to, by day. #}
{% macro residuals(level) %}
    {%- set additive = ['spend_native'] + count_metrics() + ['conversions', 'conversion_value_native'] -%}
    with below as (
        select
            platform, account_id, campaign_id, report_date,
            {% for metric in additive %}sum({{ metric }}) as {{ metric }}{{ ', ' if not loop.last }}{% endfor %}
        from {{ ref('fct_media_' ~ level ~ '_daily') }}
        group by 1, 2, 3, 4
    ),

    covered as (
        select platform, account_id, report_date
        from {{ ref('ctl_completeness') }}
        where level = '{{ level }}' and status <> 'missing'
    ),

    residual as (
        select
            campaigns.platform, campaigns.stream_name, campaigns.account_id, campaigns.campaign_id, campaigns.report_date,
            campaigns.row_key, campaigns.currency_code, campaigns.extracted_at, campaigns.run_id,
            {% for metric in additive -%}
            cast(campaigns.{{ metric }} - coalesce(below.{{ metric }}, 0) as {{ metric_type(metric) }}) as {{ metric }},
            {% endfor -%}
            cast(null as bigint) as reach
        from {{ ref('fct_media_campaign_daily') }} as campaigns
        -- Without the level's own report there is nothing to compare with.
        inner join covered
            on campaigns.platform = covered.platform
            and campaigns.account_id = covered.account_id
            and campaigns.report_date = covered.report_date
        left join below
            on campaigns.platform = below.platform
            and campaigns.account_id = below.account_id
            and campaigns.campaign_id = below.campaign_id
            and campaigns.report_date = below.report_date
    )

    select * from residual
    where {% for metric in additive %}coalesce({{ metric }}, 0) <> 0{{ ' or ' if not loop.last }}{% endfor %}
{% endmacro %}
