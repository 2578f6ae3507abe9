//! Where credentials live: environment, files, the sealed file of the workspace.
