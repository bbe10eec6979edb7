# From the time when this module had three resources for the app. The state of that time moves over, and the org has
# nothing to do: the app becomes the client, and the client reads the settings and the policies that are no longer apart.

moved {
  from = salesforce_external_client_app.this
  to   = salesforce_oauth_client.this
}

removed {
  from = salesforce_external_client_app_oauth_settings.this
  lifecycle {
    destroy = false
  }
}

removed {
  from = salesforce_external_client_app_policies.this
  lifecycle {
    destroy = false
  }
}
