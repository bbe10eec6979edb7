//! Names of log fields. All modules use these constants, so that a search of the log finds every line about a resource.

/// The RPC that Terraform called.
pub const TF_RPC: &str = "tf_rpc";
/// The ID of an RPC call, unique in a process.
pub const TF_REQ_ID: &str = "tf_req_id";
/// The resource or data source that the RPC is about.
pub const TF_RESOURCE_TYPE: &str = "tf_resource_type";
/// The ID of a batch of requests.
pub const SF_BATCH: &str = "sf_batch";
/// The number of callers in a batch.
pub const SF_BATCH_SIZE: &str = "sf_batch_size";
/// The ID of a deploy.
pub const SF_DEPLOY_ID: &str = "sf_deploy_id";
