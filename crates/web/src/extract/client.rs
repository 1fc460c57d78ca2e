//! The client of a request, as far as the connection proves it.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::{HttpRequest, web};

use crate::state::AppState;

/// Returns the address of the client, for limits and the audit log.
pub fn client_address(request: &HttpRequest) -> IpAddr {
    // Only requests of unit tests have no peer.
    request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.ip())
}

/// Returns whether the browser uses TLS, because the public URL does.
pub fn uses_tls(request: &HttpRequest) -> bool {
    let state = request.app_data::<web::Data<AppState>>();
    let public_url = state.and_then(|state| state.public_url.as_deref());
    public_url.is_some_and(|url| url.starts_with("https://"))
}
