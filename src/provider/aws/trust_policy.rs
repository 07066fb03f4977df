//! What an operator puts into the AWS account once: the provider and the role's trust policy (protocols §1.5 and §1.6).
