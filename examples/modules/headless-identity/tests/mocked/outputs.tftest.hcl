# Tests of the outputs without an org and without credentials. Terraform generates the values of computed attributes. Run them with
# terraform test -test-directory=tests/mocked

mock_provider "salesforce" {
  # These values have the format of those in an org. Terraform generates eight random characters for other
  # attributes.
  mock_resource "salesforce_oauth_client" {
    defaults = {
      id           = "Shop"
      org_id       = "00D000000000001EAA"
      consumer_key = "3MVG9MockedConsumerKey"
    }
  }
}

variables {
  name            = "Shop"
  contact_email   = "identity@example.com"
  client_type     = "private"
  callback_urls   = ["https://shop.example.com/callback"]
  permission_sets = ["Shop_Customer"]
  # The data source would return generated values as well.
  check_readiness     = false
  deletion_protection = false
}

run "outputs_contain_the_consumer_key" {
  assert {
    condition     = output.consumer_key == "3MVG9MockedConsumerKey" && output.flows["login"].parameters.client_id == output.consumer_key
    error_message = "the outputs must contain the consumer key"
  }
  assert {
    condition     = output.external_client_app == "Shop" && output.org_id == "00D000000000001EAA"
    error_message = "the outputs must contain the IDs of the app and the org"
  }
}
