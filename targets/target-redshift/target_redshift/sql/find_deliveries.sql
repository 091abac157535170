SELECT manifest_url FROM $deliveries WHERE manifest_url IN ($manifest_urls)
