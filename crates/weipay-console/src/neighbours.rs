//! Where the other parts of a system have their pages.

/// Parts that were started together: the pages of each lead to the others. What is left out is not shown.
#[derive(Debug, Clone, Default)]
pub struct Neighbours {
    /// The sandbox's console, such as `http://127.0.0.1:8080`.
    pub sandbox: Option<String>,
    /// The relay's console.
    pub relay: Option<String>,
    /// The shop's page.
    pub shop: Option<String>,
}
