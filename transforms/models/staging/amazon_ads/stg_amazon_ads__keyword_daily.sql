{# Keywords, and targets that stand in their place: the id of a target of Brands is in a column of its own. #}
{%- set of_ad_group = {'campaign_id': 'campaignid', 'ad_group_id': 'adgroupid', 'keyword_match_type': 'matchtype'} -%}
{{ amazon_daily('keyword', keys={
    'sp': dict(of_ad_group, keyword_id='keywordid', keyword_text=['keyword', 'targeting']),
    'sb': dict(of_ad_group, keyword_id=['keywordid', 'targetingid'], keyword_text=['keywordtext', 'targetingtext']),
}) }}
