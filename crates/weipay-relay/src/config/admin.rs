//! Who may give commands, and where.

use std::net::SocketAddr;
use std::path::Path;

use toml::Spanned;

use super::file::AdminTable;
use super::problem::Notes;
use crate::operate::Token;

/// The admin API as it is configured.
#[derive(Debug, Clone)]
pub struct AdminConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Who may use it; empty only at a loopback address.
    pub tokens: Vec<Token>,
}

pub(super) fn admin(
    notes: &mut Notes<'_>,
    table: &Spanned<AdminTable>,
    folder: &Path,
) -> Option<AdminConfig> {
    let (span, table) = (table.span(), table.get_ref());
    let address =
        table.listen.get_ref().parse().map_err(|_| "is no address with a port, such as 127.0.0.1:8092");
    let listen: Option<SocketAddr> = notes.keep(address, &table.listen.span(), "admin.listen");
    let mut tokens: Vec<Token> = Vec::new();
    for (index, one) in table.tokens.iter().enumerate() {
        let field = format!("admin.token[{index}]");
        let secret =
            notes.keep(one.token.get_ref().secret(folder), &one.token.span(), format!("{field}.token"));
        if tokens.iter().any(|known| known.name() == one.name.get_ref()) {
            notes.add(&one.name.span(), format!("{field}.name"), "another token has the same name");
        }
        let token = secret.and_then(|secret| {
            notes.keep(Token::new(one.name.get_ref(), one.role, secret.0), &one.token.span(), field)
        });
        tokens.extend(token);
    }
    let listen = listen?;
    if table.tokens.is_empty() && !listen.ip().is_loopback() {
        let text = "everybody who reaches this address could give commands: add an [[admin.token]], or listen at 127.0.0.1";
        notes.add(&span, "admin", text);
        return None;
    }
    Some(AdminConfig { listen, tokens })
}
