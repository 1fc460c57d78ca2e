//! Who sends a request.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpRequest};
use hermes_domain::ledger::Origin;

/// The longest name of a program that the audit log keeps, in characters.
const USER_AGENT_MAX: usize = 255;

/// The caller, as far as the request tells.
#[derive(Debug, Clone)]
pub struct Caller {
    user_agent: Option<String>,
    ip_address: Option<std::net::IpAddr>,
}

impl Caller {
    /// The origin of a command, under the name of the channel or the person.
    pub fn origin(self, actor: &str) -> Origin {
        Origin { actor: actor.to_owned(), user_agent: self.user_agent, ip_address: self.ip_address }
    }
}

impl FromRequest for Caller {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
        ready(Ok(Self {
            user_agent: user_agent.map(|text| text.chars().take(USER_AGENT_MAX).collect()),
            ip_address: request.peer_addr().map(|address| address.ip()),
        }))
    }
}
