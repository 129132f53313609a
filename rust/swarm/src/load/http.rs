//! WHIP and WHEP as the load generator needs them: plain HTTP/1.1, connections kept open.

use std::time::Duration;

use ureq::Agent;
use ureq::http::{Response, header};

use crate::error::ClientError;

/// A server that takes longer has failed, for a listener who clicked.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The space under test.
#[derive(Clone, Debug)]
pub(super) struct Server {
    agent: Agent,
    space: String,
    origin: String,
}

/// What the server opened for one client; its address is the credential.
#[derive(Debug)]
pub(super) struct Session {
    agent: Agent,
    address: String,
    token: Option<String>,
}

/// Why a session was not opened.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) error: ClientError,
    /// Whether the server said when to come back.
    pub(super) says_when: bool,
}

impl From<ClientError> for Refusal {
    fn from(error: ClientError) -> Self {
        Self {
            error,
            says_when: false,
        }
    }
}

impl From<Refusal> for ClientError {
    fn from(refusal: Refusal) -> Self {
        refusal.error
    }
}

impl Server {
    pub(super) fn new(space: &str) -> Result<Self, ClientError> {
        let space = space.trim_end_matches('/');
        let rest = space
            .strip_prefix("http://")
            .ok_or_else(|| ClientError::Load("the space's address begins with http://".into()))?;
        let authority = rest.split('/').next().unwrap_or_default();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(REQUEST_TIMEOUT));
        Ok(Self {
            agent: config.build().into(),
            space: space.into(),
            origin: format!("http://{authority}"),
        })
    }

    /// Host and port.
    pub(super) fn authority(&self) -> String {
        let authority = self.origin.trim_start_matches("http://");
        if authority.contains(':') {
            authority.into()
        } else {
            format!("{authority}:80")
        }
    }

    /// POSTs an offer; the answer and the session.
    pub(super) fn join(&self, door: &str, offer: &str, token: Option<&str>) -> Result<(String, Session), Refusal> {
        let mut request = self
            .agent
            .post(format!("{}/{door}", self.space))
            .header(header::CONTENT_TYPE, "application/sdp");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let mut response = request
            .send(offer)
            .map_err(|error| ClientError::Load(format!("the request failed: {error}")))?;
        if response.status() != 201 {
            let status = response.status().as_u16();
            return Err(Refusal {
                error: ClientError::Load(format!("the server refused {door} with status {status}")),
                says_when: response.headers().contains_key(header::RETRY_AFTER),
            });
        }
        let address = self.location(&response)?;
        let answer = response
            .body_mut()
            .read_to_string()
            .map_err(|error| ClientError::Load(format!("the answer broke off: {error}")))?;
        Ok((
            answer,
            Session {
                agent: self.agent.clone(),
                address,
                token: token.map(str::to_owned),
            },
        ))
    }

    fn location<T>(&self, response: &Response<T>) -> Result<String, ClientError> {
        let location = response
            .headers()
            .get(header::LOCATION)
            .and_then(|value| value.to_str().ok());
        match location {
            Some(path) if path.starts_with('/') => Ok(format!("{}{path}", self.origin)),
            Some(address) if address.starts_with("http://") => Ok(address.into()),
            _ => Err(ClientError::Load("the server's answer names no session".into())),
        }
    }
}

impl Session {
    pub(super) fn leave(&self) -> Result<(), ClientError> {
        let mut request = self.agent.delete(&self.address);
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        request
            .call()
            .map(drop)
            .map_err(|error| ClientError::Load(format!("the session could not be ended: {error}")))
    }
}
