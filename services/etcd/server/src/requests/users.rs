//! Passwords: checked or hashed on another thread before anything is proposed, so that no entry ever holds one.
//!
//! Source: etcd v3.7 server/etcdserver/v3_server.go `Authenticate`, `UserAdd`, `UserChangePassword`.

use etcd_api::etcdserverpb::{
    AuthUserAddRequest, AuthUserChangePasswordRequest, AuthenticateRequest, AuthenticateResponse,
    InternalAuthenticateRequest,
};
use etcd_auth::{AuthInfo, PendingToken, hash_changed_password, hash_new_user};
use prost::Message as _;
use tonic::Status;

use super::{decode, since_epoch};
use crate::{
    call::{Call, Reply},
    engine::Engine,
    method::Method,
    refusal::Refusal,
};

impl Engine {
    /// Takes a request with a password in it.
    pub(super) fn password(&mut self, call: Call, who: &AuthInfo) -> Result<(), (Reply, Status)> {
        match call.method {
            Method::Authenticate => self.log_in(call),
            Method::UserAdd => {
                let cost = self.state.auth.bcrypt_cost();
                self.hash(call, who, 1100, move |request: &mut AuthUserAddRequest| {
                    hash_new_user(request, cost)
                })
            }
            _ => {
                let cost = self.state.auth.bcrypt_cost();
                self.hash(
                    call,
                    who,
                    1103,
                    move |request: &mut AuthUserChangePasswordRequest| {
                        hash_changed_password(request, cost)
                    },
                )
            }
        }
    }

    fn hash<M: prost::Message + Default + 'static>(
        &mut self,
        call: Call,
        who: &AuthInfo,
        field: u32,
        hash: impl FnOnce(&mut M) -> Result<(), etcd_auth::AuthError> + Send + 'static,
    ) -> Result<(), (Reply, Status)> {
        let mut request: M = match decode(call.message.clone()) {
            Ok(request) => request,
            Err(status) => return Err((call.reply, status)),
        };
        let who = who.clone();
        let job = move || hash(&mut request).map(|()| request.encode_to_vec());
        self.elsewhere(job, move |engine, hashed| {
            let outcome = match hashed {
                Ok(message) => engine.propose(field, &message, &who, call),
                Err(error) => Err((call.reply, Refusal::from(error).into())),
            };
            if let Err((reply, status)) = outcome {
                reply.error(status);
            }
        });
        Ok(())
    }

    fn log_in(&mut self, call: Call) -> Result<(), (Reply, Status)> {
        let request: AuthenticateRequest = match decode(call.message.clone()) {
            Ok(request) => request,
            Err(status) => return Err((call.reply, status)),
        };
        let check = match self.state.auth.login(&request.name) {
            Ok(check) => check,
            Err(error) => return Err((call.reply, Refusal::from(error).into())),
        };
        let AuthenticateRequest { name, password } = request;
        self.elsewhere(
            move || check.verify(&password),
            move |engine, verified| {
                let revision = match verified {
                    Ok(revision) => revision,
                    Err(error) => return call.reply.error(Refusal::from(error)),
                };
                if revision != engine.state.auth.revision() {
                    // The password may be another one by now.
                    return engine.call(call);
                }
                let request = InternalAuthenticateRequest {
                    name,
                    password: String::new(),
                    simple_token: engine.state.auth.token_prefix(),
                };
                let nobody = AuthInfo::nobody();
                if let Err((reply, status)) =
                    engine.propose(1012, &request.encode_to_vec(), &nobody, call)
                {
                    reply.error(status);
                }
            },
        );
        Ok(())
    }

    /// Signs a token on another thread, and answers with it.
    pub(crate) fn sign_token(&mut self, token: PendingToken, reply: Reply) {
        self.elsewhere(
            move || token.sign(since_epoch()),
            move |engine, signed| match signed {
                Ok(token) => reply.message(&AuthenticateResponse {
                    header: Some(engine.header()),
                    token,
                }),
                Err(error) => reply.error(Refusal::from(error)),
            },
        );
    }
}
