//! Names of log fields. Nothing else names a field, so that one search finds every line about a thing.

/// The RPC that Terraform called.
pub const TF_RPC: &str = "tf_rpc";
/// One call of an RPC; unique within a process.
pub const TF_REQ_ID: &str = "tf_req_id";
/// The resource or data source that the RPC is about.
pub const TF_RESOURCE_TYPE: &str = "tf_resource_type";
/// One batch of the coalescer.
pub const SF_BATCH: &str = "sf_batch";
/// How many callers a batch serves.
pub const SF_BATCH_SIZE: &str = "sf_batch_size";
/// Salesforce's id of a deploy.
pub const SF_DEPLOY_ID: &str = "sf_deploy_id";
