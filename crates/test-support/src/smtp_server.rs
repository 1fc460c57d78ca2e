//! A mail server that stores the messages it accepts. A test can stop and start it, and choose its replies.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::{Gate, Port};

/// A mail server on 127.0.0.1, without TLS and login. A clone is the same server.
#[derive(Debug, Clone)]
pub struct SmtpServer {
    port: Arc<Port>,
    state: Arc<Mutex<State>>,
    is_up: watch::Sender<bool>,
    accepted: watch::Sender<usize>,
    /// Closed: the server accepts a message, and does not reply yet.
    pub replying: Arc<Gate>,
}

/// A message as the server received it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMail {
    /// The recipient of the envelope.
    pub to: String,
    /// The headers and the body.
    pub source: String,
}

#[derive(Debug, Default)]
struct State {
    received: Vec<ReceivedMail>,
    /// The replies to recipients, by address.
    recipient_replies: HashMap<String, String>,
    /// The reply to every sender.
    sender_reply: Option<String>,
    /// The reply to every login; the server offers none without a reply.
    login_reply: Option<String>,
    /// How many of the next messages are accepted without a reply: the server closes the connection.
    lost_replies: usize,
    /// A message to this recipient makes the server close the connection.
    crashing_recipient: Option<String>,
    /// The reply to the second message of a connection, before the server closes the connection.
    second_message_reply: Option<String>,
}

/// A message in progress.
#[derive(Default)]
struct Draft {
    to: String,
    /// Whether the connection has had another message.
    is_second: bool,
}

impl SmtpServer {
    /// Starts a server.
    pub async fn start() -> Self {
        let server = Self {
            port: Arc::new(Port::take()),
            state: Arc::default(),
            is_up: watch::Sender::new(false),
            accepted: watch::Sender::new(0),
            replying: Arc::default(),
        };
        server.resume().await;
        server
    }

    /// Returns the port, which the server has again after [`Self::stop`] and [`Self::resume`].
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// Stops the server: it closes its connections and refuses new ones.
    pub fn stop(&self) {
        self.is_up.send_replace(false);
    }

    /// Starts the server again after [`Self::stop`].
    pub async fn resume(&self) {
        let mut down = self.is_up.subscribe();
        let listener = loop {
            // The connections of the stopped server may not be closed yet.
            match TcpListener::bind((Ipv4Addr::LOCALHOST, self.port())).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        self.is_up.send_replace(true);
        let server = self.clone();
        tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    // Dropping the set closes the connections.
                    stopped = down.wait_for(|is_up| !is_up) => { drop(stopped); return }
                    Ok((stream, _)) = listener.accept() => {
                        let server = server.clone();
                        connections.spawn(async move { server.serve(stream).await });
                    }
                }
            }
        });
    }

    /// Replies to a recipient instead of accepting it. An empty reply accepts the recipient again.
    pub fn reply_to_recipient(&self, address: &str, reply: &str) {
        let mut state = self.state();
        if reply.is_empty() {
            state.recipient_replies.remove(address);
        } else {
            state.recipient_replies.insert(address.to_owned(), reply.to_owned());
        }
    }

    /// Replies to every sender instead of accepting it; `None` accepts all.
    pub fn reply_to_sender(&self, reply: Option<&str>) {
        self.state().sender_reply = reply.map(str::to_owned);
    }

    /// Offers a login, and replies to it.
    pub fn reply_to_login(&self, reply: &str) {
        self.state().login_reply = Some(reply.to_owned());
    }

    /// Accepts the next message, but closes the connection instead of replying.
    pub fn lose_next_reply(&self) {
        self.state().lost_replies += 1;
    }

    /// Closes the connection instead of accepting a message to this recipient; `None` ends this.
    pub fn crash_at_recipient(&self, address: Option<&str>) {
        self.state().crashing_recipient = address.map(str::to_owned);
    }

    /// Replies to the second message of a connection, unless the reply is empty, and closes the connection.
    pub fn limit_connections_to_one_message(&self, reply: &str) {
        self.state().second_message_reply = Some(reply.to_owned());
    }

    /// Returns the accepted messages, in order.
    pub fn received(&self) -> Vec<ReceivedMail> {
        self.state().received.clone()
    }

    /// Waits until the server has accepted a number of messages.
    pub async fn until_received(&self, count: usize) -> Vec<ReceivedMail> {
        let mut accepted = self.accepted.subscribe();
        drop(accepted.wait_for(|accepted| *accepted >= count).await.unwrap());
        self.received()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves one connection until it closes.
    async fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        reply(&mut stream, "220 ready").await?;
        let mut draft = Draft::default();
        loop {
            let line = read_line(&mut stream).await?;
            let command = line.to_ascii_uppercase();
            if command.starts_with("DATA") {
                reply(&mut stream, "354 go ahead").await?;
                let source = read_data(&mut stream).await?;
                if self.state().crashing_recipient.as_ref() == Some(&draft.to) {
                    return None;
                }
                if self.accept(ReceivedMail { to: std::mem::take(&mut draft.to), source }) {
                    return None;
                }
                draft.is_second = true;
                self.replying.pass().await;
                reply(&mut stream, "250 2.0.0 accepted").await?;
                continue;
            }
            let limit = self.state().second_message_reply.clone();
            if let Some(text) = limit.filter(|_| draft.is_second && command.starts_with("MAIL")) {
                if !text.is_empty() {
                    reply(&mut stream, &text).await?;
                }
                return None;
            }
            let text = self.reply_to(&command, &line, &mut draft);
            reply(&mut stream, &text).await?;
            if command.starts_with("QUIT") {
                return None;
            }
        }
    }

    fn reply_to(&self, command: &str, line: &str, draft: &mut Draft) -> String {
        let ok = || "250 2.1.0 ok".to_owned();
        if command.starts_with("EHLO") {
            let login = if self.state().login_reply.is_some() { "250-AUTH PLAIN\r\n" } else { "" };
            return format!("250-fake\r\n250-8BITMIME\r\n{login}250 SMTPUTF8");
        }
        if command.starts_with("AUTH") {
            return self.state().login_reply.clone().unwrap_or_else(ok);
        }
        if command.starts_with("MAIL") {
            return self.state().sender_reply.clone().unwrap_or_else(ok);
        }
        if command.starts_with("RCPT") {
            draft.to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
            return self.state().recipient_replies.get(&draft.to).cloned().unwrap_or_else(ok);
        }
        ok()
    }

    /// Stores a message. Returns whether its reply is lost.
    fn accept(&self, mail: ReceivedMail) -> bool {
        let mut state = self.state();
        state.received.push(mail);
        let is_lost = state.lost_replies > 0;
        state.lost_replies -= usize::from(is_lost);
        self.accepted.send_replace(state.received.len());
        is_lost
    }
}

impl ReceivedMail {
    /// Returns the values of a header, unfolded (RFC 5322, section 2.2.3).
    pub fn headers(&self, name: &str) -> Vec<String> {
        let head = self.source.split("\r\n\r\n").next().unwrap_or_default();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let value = |line: &str| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        unfolded.split("\r\n").filter_map(value).collect()
    }

    /// Returns the value of a header that the message has once.
    pub fn header(&self, name: &str) -> String {
        let values = self.headers(name);
        assert_eq!(values.len(), 1, "{name}: {values:?}");
        values.concat()
    }
}

async fn reply(stream: &mut BufReader<TcpStream>, text: &str) -> Option<()> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await.ok()
}

/// Reads a line without its end; `None` if the connection is closed.
async fn read_line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let length = stream.read_line(&mut line).await.ok()?;
    (length > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Reads a message up to the line with a dot, without the dots that the client has added (RFC 5321, section 4.5.2).
async fn read_data(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut source = String::new();
    loop {
        let line = read_line(stream).await?;
        if line == "." {
            return Some(source);
        }
        source.push_str(line.strip_prefix('.').unwrap_or(&line));
        source.push_str("\r\n");
    }
}
