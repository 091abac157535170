{{ residuals('ad') }}
