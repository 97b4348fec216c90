//! All keys of a world, parsed once at the start.

use std::collections::HashMap;

use crate::Error;
use crate::protocol::authorization::Scheme;
use crate::protocol::certificate::Certificate;
use crate::protocol::rsa::{PrivateKey, PublicKey};
use crate::world::{CertificateState, MerchantCertificate, World};

/// Who may sign, and what signs for `WeChat`.
pub(crate) struct Keys {
    merchants: HashMap<String, Vec<RegisteredKey>>,
    brands: HashMap<String, Vec<RegisteredKey>>,
    pub(crate) platform_certificate: PlatformKey,
    pub(crate) platform_public: PlatformKey,
    brand_platform: HashMap<String, PlatformKey>,
    /// The platform certificate itself.
    pub(crate) listed: Certificate,
    /// The certificate that follows in a rotation.
    pub(crate) next: Option<(PlatformKey, Certificate)>,
}

/// A merchant's or brand's certificate as registered.
pub(crate) struct RegisteredKey {
    pub(crate) serial: String,
    pub(crate) state: CertificateState,
    pub(crate) public: PublicKey,
}

/// One of the platform's keys and the name under which it signs.
pub(crate) struct PlatformKey {
    /// Certificate serial or `PUB_KEY_ID_…`.
    pub(crate) serial: String,
    pub(crate) private: PrivateKey,
}

impl Keys {
    pub(crate) fn parse(world: &World) -> Result<Self, Error> {
        let platform = &world.platform;
        let listed = Certificate::from_pem(&platform.certificate_pem)
            .ok_or_else(|| Error::Key("the platform certificate is not an X.509 PEM".to_owned()))?;
        let platform_certificate = PlatformKey::parse(
            listed.serial.clone(),
            platform.certificate_private_key_pem.expose(),
            "the platform certificate's private key",
        )?;
        let platform_public = PlatformKey::parse(
            platform.public_key_id.clone(),
            platform.public_key_private_pem.expose(),
            "the private half of the WeChat Pay public key",
        )?;
        let next = platform.next.as_ref().map(|next| {
            let certificate = Certificate::from_pem(&next.certificate_pem)
                .ok_or_else(|| Error::Key("the next platform certificate is not an X.509 PEM".to_owned()))?;
            let (serial, pem) = (certificate.serial.clone(), next.private_key_pem.expose());
            let key = PlatformKey::parse(serial, pem, "the next platform certificate's private key")?;
            Ok((key, certificate))
        });
        let next = next.transpose()?;
        let mut merchants = HashMap::new();
        for merchant in &world.merchants {
            let whose = format!("merchant {}", merchant.mchid);
            let keys = merchant.certificates.iter().map(|key| RegisteredKey::parse(key, &whose));
            merchants.insert(merchant.mchid.clone(), keys.collect::<Result<_, _>>()?);
        }
        let (mut brands, mut brand_platform) = (HashMap::new(), HashMap::new());
        for brand in &world.brands {
            let Some(credential) = &brand.credential else { continue };
            let whose = format!("brand {}", brand.brand_id);
            brands
                .insert(brand.brand_id.clone(), vec![RegisteredKey::parse(&credential.certificate, &whose)?]);
            let key = PlatformKey::parse(
                credential.platform_key_id.clone(),
                credential.platform_private_key_pem.expose(),
                &format!("the platform key of {whose}"),
            )?;
            brand_platform.insert(brand.brand_id.clone(), key);
        }
        Ok(Self { merchants, brands, platform_certificate, platform_public, brand_platform, listed, next })
    }

    /// The registered keys of a caller; none if there is no such caller.
    pub(crate) fn registered(&self, scheme: Scheme, identity: &str) -> Option<&[RegisteredKey]> {
        let callers = match scheme {
            Scheme::Merchant => &self.merchants,
            Scheme::Brand => &self.brands,
        };
        callers.get(identity).map(Vec::as_slice)
    }

    /// All registered keys with their owners' names, to find out whose key signed.
    pub(crate) fn everyone(&self) -> impl Iterator<Item = (&str, &RegisteredKey)> {
        let all = self.merchants.iter().chain(&self.brands);
        all.flat_map(|(owner, keys)| keys.iter().map(move |key| (owner.as_str(), key)))
    }

    /// The platform key that a caller names in `Wechatpay-Serial`.
    pub(crate) fn platform(&self, scheme: Scheme, identity: &str, serial: &str) -> Option<&PlatformKey> {
        let usable = match scheme {
            Scheme::Merchant => {
                let next = self.next.as_ref().map(|(key, _)| key);
                [Some(&self.platform_public), Some(&self.platform_certificate), next]
            }
            Scheme::Brand => [self.brand_platform.get(identity), None, None],
        };
        usable.into_iter().flatten().find(|key| key.serial == serial)
    }

    /// The platform's public key that is bound to a brand.
    pub(crate) fn of_brand(&self, brand_id: &str) -> Option<&PlatformKey> {
        self.brand_platform.get(brand_id)
    }
}

impl RegisteredKey {
    fn parse(key: &MerchantCertificate, whose: &str) -> Result<Self, Error> {
        let unusable = || Error::Key(format!("the API certificate of {whose} is not an RSA X.509 PEM"));
        let certificate = Certificate::from_pem(&key.certificate_pem).ok_or_else(unusable)?;
        let public = PublicKey::of(&certificate).ok_or_else(unusable)?;
        Ok(Self { serial: certificate.serial, state: key.state, public })
    }
}

impl PlatformKey {
    fn parse(serial: String, pem: &str, what: &str) -> Result<Self, Error> {
        let private = PrivateKey::from_pem(pem).ok_or_else(|| {
            Error::Key(format!("{what} is not an RSA key of 2048 bits or more as PKCS#8 PEM"))
        })?;
        Ok(Self { serial, private })
    }
}
