//! A hostile case: what a client sends on one connection, and the responses that it gets.

/// The body of a valid booking.
pub const BOOKING: &str = r#"{"name":"Ana Ruiz","email":"hostile@example.org","amount":"10"}"#;
/// The fields of a valid booking form.
pub const FORM: &str = "name=Ana+Ruiz&email=hostile%40example.org&amount=10&currency_from=USD";

/// The steps of a client on one connection.
pub struct Case {
    pub name: String,
    pub port: TargetPort,
    pub steps: Vec<Step>,
}

#[derive(Clone, Copy)]
pub enum TargetPort {
    Portal,
    Dashboard,
}

/// One step of a client.
pub enum Step {
    /// Sends bytes. The server may close the connection meanwhile.
    Send(Vec<u8>),
    /// Sends bytes again and again, without reading, until the server closes the connection.
    SendUntilClosed(Vec<u8>),
    /// Reads one response.
    Expect(Answer),
    /// Reads one response, or nothing if the server closes the connection.
    ExpectOrClosed(Answer),
    /// Waits until the server closes the connection without another response.
    ExpectClosed,
    /// Closes the connection with RST.
    Reset,
}

/// The response that a client gets.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    pub status: u16,
    pub body: Body,
    /// Whether the server closes the connection after the response.
    pub closes: bool,
    /// A response header that the response has.
    pub header: Option<(&'static str, &'static str)>,
}

/// The content of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Problem details with this code, or the page of this problem.
    Problem(&'static str),
    /// Problem details, or nothing because the HTTP library rejected the head.
    ProblemOrNothing,
    /// Any content.
    Any,
    /// No content, because the request is HEAD.
    None,
}

/// A request that can be sent as it is.
#[derive(Clone)]
pub struct Request {
    line: String,
    host: Option<String>,
    headers: Vec<u8>,
    body: Vec<u8>,
}

/// Describes a case with one request and one response.
pub fn case(name: &str, request: impl Into<Vec<u8>>, answer: Answer) -> Case {
    steps(name).send(request).expect(answer)
}

/// Describes a case without steps.
pub fn steps(name: &str) -> Case {
    Case { name: name.to_owned(), port: TargetPort::Portal, steps: Vec::new() }
}

/// The response has problem details with this code.
pub const fn problem(status: u16, code: &'static str) -> Answer {
    Answer { status, body: Body::Problem(code), closes: false, header: None }
}

/// The HTTP library or the server rejects the request and closes the connection.
pub const fn refused(status: u16) -> Answer {
    Answer { status, body: Body::ProblemOrNothing, closes: true, header: None }
}

/// The request succeeds, or its status says everything.
pub const fn status(status: u16) -> Answer {
    Answer { status, body: Body::Any, closes: false, header: None }
}

/// Creates a GET request.
pub fn get(target: &str) -> Request {
    Request::new("GET", target)
}

/// Creates a POST request with a JSON body.
pub fn post(target: &str, body: impl Into<Vec<u8>>) -> Request {
    Request::new("POST", target).header("Content-Type: application/json").body(body)
}

/// Creates a request to book a payment.
pub fn book(body: impl Into<Vec<u8>>) -> Request {
    post("/api/bookings", body)
}

/// Creates a PATCH request for `REF001`.
pub fn correct(body: &str) -> Request {
    let request = Request::new("PATCH", "/api/bookings/REF001").header("Content-Type: application/json");
    request.header("If-Match: *").body(body)
}

/// Creates a request that submits the booking form.
pub fn submit(body: impl Into<Vec<u8>>) -> Request {
    Request::new("POST", "/payment").header("Content-Type: application/x-www-form-urlencoded").body(body)
}

impl Case {
    pub fn send(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.steps.push(Step::Send(bytes.into()));
        self
    }

    pub fn send_until_closed(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.steps.push(Step::SendUntilClosed(bytes.into()));
        self
    }

    pub fn expect(mut self, answer: Answer) -> Self {
        self.steps.push(Step::Expect(answer));
        self
    }

    /// Reads a response, or nothing if the server closes the connection before it has read the request.
    pub fn expect_or_closed(mut self, answer: Answer) -> Self {
        self.steps.push(Step::ExpectOrClosed(answer));
        self
    }

    pub fn expect_closed(mut self) -> Self {
        self.steps.push(Step::ExpectClosed);
        self
    }

    pub fn reset(mut self) -> Self {
        self.steps.push(Step::Reset);
        self
    }

    /// Connects to the dashboard instead of the portal.
    pub fn on_dashboard(self) -> Self {
        Self { port: TargetPort::Dashboard, ..self }
    }
}

impl Answer {
    /// The response has a header with this value.
    pub const fn with(self, name: &'static str, value: &'static str) -> Self {
        Self { header: Some((name, value)), ..self }
    }

    /// The response has no body, because the request is HEAD.
    pub const fn without_body(self) -> Self {
        Self { body: Body::None, ..self }
    }
}

impl Request {
    pub fn new(method: &str, target: &str) -> Self {
        let line = format!("{method} {target} HTTP/1.1");
        Self { line, host: Some("localhost".to_owned()), headers: Vec::new(), body: Vec::new() }
    }

    pub fn http_1_0(mut self) -> Self {
        self.line = self.line.replace("HTTP/1.1", "HTTP/1.0");
        self
    }

    /// Replaces the value of `Host`.
    pub fn host(self, host: &str) -> Self {
        Self { host: Some(host.to_owned()), ..self }
    }

    pub fn without_host(self) -> Self {
        Self { host: None, ..self }
    }

    /// Adds a line to the head.
    pub fn header(self, line: impl AsRef<[u8]>) -> Self {
        let headers = [&self.headers, line.as_ref(), b"\r\n"].concat();
        Self { headers, ..self }
    }

    /// Sets the body and adds its length to the head.
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let length = format!("Content-Length: {}", body.len());
        Self { body, ..self }.header(length)
    }
}

impl From<Request> for Vec<u8> {
    fn from(request: Request) -> Self {
        let host = request.host.map(|host| format!("Host: {host}\r\n")).unwrap_or_default();
        [format!("{}\r\n{host}", request.line).as_bytes(), &request.headers, b"\r\n", &request.body].concat()
    }
}
