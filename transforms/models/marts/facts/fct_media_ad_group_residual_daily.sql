{{ residuals('ad_group') }}
