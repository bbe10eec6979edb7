# What the module hands on, without an org and without credentials: Terraform makes up what Salesforce would answer.
# terraform test -test-directory=tests/mocked

mock_provider "salesforce" {
  # What is not given here is eight letters and digits. These have the form that they have in an org, for whatever looks
  # at them.
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
  # It would be answered with what is made up, too.
  check_readiness     = false
  deletion_protection = false
}

run "clients_are_given_the_consumer_key" {
  assert {
    condition     = output.consumer_key == "3MVG9MockedConsumerKey" && output.flows["login"].parameters.client_id == output.consumer_key
    error_message = "the consumer key is in the outputs"
  }
  assert {
    condition     = output.external_client_app == "Shop" && output.org_id == "00D000000000001EAA"
    error_message = "whose it is is in the outputs"
  }
}
