/// What one JSON value may be. A limit that is not documented is absent.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Schema {
    /// The JSON type.
    pub kind: Kind,
    /// `int64`, `uint64`, `double`, `date-time` (RFC 3339 with offset), `date`, `uri`, `binary` (a file), or one of the
    /// catalogue's own: `numeric`, `media-id`, `media-url`, …
    pub format: Option<&'static str>,
    /// The known values as text; those of an integer are decimal. New values appear without notice, unless `closed`.
    pub values: &'static [&'static str],
    /// Other values than `values` are refused.
    pub closed: bool,
    /// The least number of characters.
    pub min_length: Option<u32>,
    /// The greatest number of characters.
    pub max_length: Option<u32>,
    /// The least value. Amounts are in fen unless the label says otherwise.
    pub minimum: Option<i64>,
    /// The greatest value.
    pub maximum: Option<i64>,
    /// The least number of items.
    pub min_items: Option<u32>,
    /// The greatest number of items.
    pub max_items: Option<u32>,
    /// A regular expression that the whole value matches.
    pub pattern: Option<&'static str>,
    /// The value that stands for an absent one, as JSON text.
    pub default: Option<&'static str>,
    /// The official short name in Chinese.
    pub label: Option<&'static str>,
    /// What another official rendering of the page calls it, where the two differ.
    pub label_disputed: Option<&'static str>,
    /// Examples from the official pages, as JSON text.
    pub examples: &'static [&'static str],
    /// Must be encrypted with the platform key before it is sent.
    pub encrypted: bool,
    /// Arrives encrypted to the merchant's certificate.
    pub decrypted: bool,
    /// For a string that holds a JSON text: what that text is.
    pub content: Option<&'static Schema>,
    /// Known from this one source only: `sdk`, `sample` or `skit`.
    pub source: Option<&'static str>,
}

impl Schema {
    /// Any value of this kind. The generated tables set what else is known.
    pub(crate) const fn of(kind: Kind) -> Self {
        Self {
            kind,
            format: None,
            values: &[],
            closed: false,
            min_length: None,
            max_length: None,
            minimum: None,
            maximum: None,
            min_items: None,
            max_items: None,
            pattern: None,
            default: None,
            label: None,
            label_disputed: None,
            examples: &[],
            encrypted: false,
            decrypted: false,
            content: None,
            source: None,
        }
    }

    /// The object that this is, if it is one.
    pub const fn object(&self) -> Option<&'static Object> {
        match self.kind {
            Kind::Object(object) => Some(object),
            _ => None,
        }
    }
}

/// The setters of the generated tables: of thousands of schemas, chains of these cost the compiler two thirds of what
/// struct literals cost.
macro_rules! setters {
    ($($field:ident: $type:ty => $value:expr,)*) => {
        impl Schema {
            $(pub(crate) const fn $field(mut self, $field: $type) -> Self {
                self.$field = $value;
                self
            })*
        }
    };
}

setters! {
    format: &'static str => Some(format),
    values: &'static [&'static str] => values,
    min_length: u32 => Some(min_length),
    max_length: u32 => Some(max_length),
    minimum: i64 => Some(minimum),
    maximum: i64 => Some(maximum),
    min_items: u32 => Some(min_items),
    max_items: u32 => Some(max_items),
    pattern: &'static str => Some(pattern),
    default: &'static str => Some(default),
    label: &'static str => Some(label),
    label_disputed: &'static str => Some(label_disputed),
    examples: &'static [&'static str] => examples,
    content: &'static Schema => Some(content),
    source: &'static str => Some(source),
    closed: bool => closed,
    encrypted: bool => encrypted,
    decrypted: bool => decrypted,
}

/// A JSON type.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Kind {
    /// A string; of format `binary`, a file.
    String,
    /// A whole number.
    Integer,
    /// A number that may have a fraction.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An array of such items.
    Array(&'static Schema),
    /// An object.
    Object(&'static Object),
    /// An object or value of which nothing is said.
    Any,
}

/// An object and its members. Others than these may appear without notice.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Object {
    /// The type's name in `PascalCase`, unique within its area.
    pub title: &'static str,
    /// The members in document order.
    pub properties: &'static [Property],
}

impl Object {
    /// The member of this name.
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name == name)
    }
}

/// One member of an [`Object`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Property {
    /// The name as it stands in the JSON.
    pub name: &'static str,
    /// It must be present. In answers this is what the pages say; older operations leave members out all the same.
    pub required: bool,
    /// Its type, limits and examples.
    pub schema: Schema,
}
