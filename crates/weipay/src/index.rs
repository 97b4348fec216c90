//! `client["v3/…"]`: the templates of the catalogue, ready to be called.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use weipay_catalog::ops;
use weipay_core::{
    AsyncHandle, BlockingHandle, Call, Decode, Envelope, Error, Fetched, Handle, Path, Request,
    UnverifiedFile, UploadFile, VerifiedFile,
};

use crate::client::{Core, Executing, Sending};
use crate::{Client, Download, blocking};

/// A template of the catalogue, reached by index: `client["v3/…"]`. Give it values or a verb.
///
/// `C` is the client it belongs to: [`Client`] or [`blocking::Client`].
pub struct Route<C> {
    // The core and not the client, whose table holds this route: a cycle would never be freed.
    core: Arc<Core>,
    template: &'static str,
    client: PhantomData<fn() -> C>,
}

impl<C> Route<C>
where
    Self: Handle,
{
    /// Gives `{name}` its value; see [`Path::param`].
    pub fn param(&self, name: impl Into<String>, value: impl fmt::Display) -> Path<'_, Self> {
        self.path().param(name, value)
    }

    /// Adds a query parameter.
    pub fn query(&self, name: impl Into<String>, value: impl fmt::Display) -> Path<'_, Self> {
        self.path().query(name, value)
    }

    /// Adds a header.
    pub fn header(&self, name: &str, value: &str) -> Path<'_, Self> {
        self.path().header(name, value)
    }

    /// Bounds the whole call.
    pub fn timeout(&self, timeout: Duration) -> Path<'_, Self> {
        self.path().timeout(timeout)
    }

    /// `GET`.
    pub fn get(&self) -> Request<'_, Self> {
        self.path().get()
    }

    /// `DELETE`.
    pub fn delete(&self) -> Request<'_, Self> {
        self.path().delete()
    }

    /// `POST` with a JSON body; `&()` sends none.
    pub fn post<B: serde::Serialize + ?Sized>(&self, body: &B) -> Request<'_, Self> {
        self.path().post(body)
    }

    /// `PUT` with a JSON body.
    pub fn put<B: serde::Serialize + ?Sized>(&self, body: &B) -> Request<'_, Self> {
        self.path().put(body)
    }

    /// `PATCH` with a JSON body.
    pub fn patch<B: serde::Serialize + ?Sized>(&self, body: &B) -> Request<'_, Self> {
        self.path().patch(body)
    }

    /// `POST` of a file with its JSON part; see [`Path::upload`].
    pub fn upload<B: serde::Serialize + ?Sized>(&self, meta: &B, file: UploadFile) -> Request<'_, Self> {
        self.path().upload(meta, file)
    }

    /// The file that the operation leads to, verified by its published hash; see [`Path::download`].
    pub fn download(&self) -> <Self as Handle>::Downloading<'_, VerifiedFile> {
        self.path().download()
    }

    /// The file of an operation that publishes no hash for it; see [`Path::download_unverified`].
    pub fn download_unverified(&self) -> <Self as Handle>::Downloading<'_, UnverifiedFile> {
        self.path().download_unverified()
    }

    /// The path without any value yet, as [`Client::chain`] gives it.
    pub fn path(&self) -> Path<'_, Self> {
        Path::new(self, self.template)
    }
}

impl Handle for Route<Client> {
    type Sending<'c, T: Decode + 'c> = Sending<'c, T>;
    type Downloading<'c, F: Fetched + 'c> = Download<'c, F, Client>;

    fn send<'c, T: Decode + 'c>(&'c self, call: Call) -> Self::Sending<'c, T> {
        self.core.send(call)
    }

    fn download<'c, F: Fetched + 'c>(&'c self, download: weipay_core::Download) -> Self::Downloading<'c, F> {
        Download::new(&self.core, download)
    }
}

impl AsyncHandle for Route<Client> {
    fn execute(&self, call: Call) -> Executing<'_> {
        self.core.boxed(call)
    }
}

impl Handle for Route<blocking::Client> {
    type Sending<'c, T: Decode + 'c> = Result<Envelope<T>, Error>;
    type Downloading<'c, F: Fetched + 'c> = Download<'c, F, blocking::Client>;

    fn send<'c, T: Decode + 'c>(&'c self, call: Call) -> Self::Sending<'c, T> {
        blocking::wait(self.core.send(call))
    }

    fn download<'c, F: Fetched + 'c>(&'c self, download: weipay_core::Download) -> Self::Downloading<'c, F> {
        Download::new(&self.core, download)
    }
}

impl BlockingHandle for Route<blocking::Client> {
    fn execute(&self, call: Call) -> Result<weipay_core::Answer, Error> {
        blocking::wait(self.core.execute(call))
    }
}

impl<C> fmt::Debug for Route<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Route").field(&self.template).finish()
    }
}

/// The routes that were asked for so far, by their place in the catalogue's table. Made on first use.
pub(crate) struct Routes<C>(OnceLock<Box<[OnceLock<Route<C>>]>>);

impl<C> Default for Routes<C> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<C> Routes<C> {
    /// The route of `template`.
    ///
    /// # Panics
    ///
    /// When the catalogue does not have it.
    pub(crate) fn get(&self, core: &Arc<Core>, template: &str) -> &Route<C> {
        let Some(place) = ops::template(template) else { panic!("{}", unknown(template)) };
        let routes = self.0.get_or_init(|| ops::templates().iter().map(|_| OnceLock::new()).collect());
        routes[place].get_or_init(|| Route {
            core: Arc::clone(core),
            template: ops::templates()[place].path,
            client: PhantomData,
        })
    }
}

fn unknown(template: &str) -> String {
    let hint = match ops::nearest(template) {
        Some(nearest) => format!("did you mean '{}'? ", nearest.trim_start_matches('/')),
        None => String::new(),
    };
    format!(
        "the catalogue has no template '{template}'; {hint}An index takes templates as the catalogue spells them, values go in by \
         .param(); paths that it does not have are for .chain()"
    )
}
