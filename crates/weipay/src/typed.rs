//! The doors of the typed chain.
//!
//! A credential can call either `/brand` or all other paths; a call with the wrong one is refused before it is sent.

use weipay_api::chain::trunk::{Brand, Global, Hk, V3};

macro_rules! doors {
    ($client:ty) => {
        impl $client {
            /// The typed chain below `/v3`: each segment is a method, and each verb takes and gives types of
            /// [`api`](crate::api). Which paths are there depends on the cargo features of the product areas.
            ///
            /// A segment named like a keyword or a verb takes a `_`, as in `coupons().use_()`; a path parameter is a
            /// method of its name, as in `stocks().stock_id("98065001")`. What a body needs stands in its `new`, the rest
            /// are setters.
            ///
            /// ```
            /// # #[cfg(feature = "marketing-busifavor")]
            /// # async fn example(client: weipay::Client) -> Result<(), Box<dyn std::error::Error>> {
            /// use weipay::api::marketing_busifavor::{CouponsUseRequest, UsersCouponsGetQuery};
            ///
            /// let body = CouponsUseRequest::new(
            ///     "sxxe34343434",
            ///     "wx1234567889999",
            ///     weipay::Time::parse("2015-05-20T13:29:35+08:00")?,
            ///     "1002600620019090123143254435",
            /// )
            /// .stock_id("100088");
            /// let coupons = client.v3().marketing().busifavor();
            /// let used = coupons.clone().coupons().use_().post(&body).await?;
            /// assert_eq!(used.stock_id.as_deref(), Some("100088"));
            ///
            /// let query = UsersCouponsGetQuery::new("wx1234567889999").limit(20);
            /// let held = coupons.users().openid("xsd3434454567676").coupons().get(&query).await?;
            /// # drop(held);
            /// # Ok(())
            /// # }
            /// ```
            pub fn v3(&self) -> V3<'_, Self> {
                V3::new(self)
            }

            /// The typed chain below `/brand`, which only a [brand credential](crate::Credential::brand) can call.
            pub fn brand(&self) -> Brand<'_, Self> {
                Brand::new(self)
            }

            /// The typed chain below `/hk`.
            pub fn hk(&self) -> Hk<'_, Self> {
                Hk::new(self)
            }

            /// The typed chain below `/global`.
            pub fn global(&self) -> Global<'_, Self> {
                Global::new(self)
            }
        }
    };
}

doors!(crate::Client);
doors!(crate::blocking::Client);
