//! How the table says what an image does.

/// The USER of an image's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum User {
    Root,
    Number(u32),
    /// A name, which the kubelet cannot check, and its number.
    Name(u32),
}

/// Who may write to a folder that the image has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Root,
    Everybody,
    User(u32),
}

/// A folder that a program writes to.
#[derive(Debug, Clone, Copy)]
pub struct Writes {
    pub path: &'static str,
    pub owner: Owner,
    /// The image has files there that an empty volume hides.
    pub seeded: bool,
    /// The folder must be the user's own.
    pub own: bool,
    /// Files there may not be readable for a group.
    pub private: bool,
}

/// What an image does.
#[derive(Debug, Clone, Copy)]
pub struct Image {
    pub name: &'static str,
    /// Beginnings of its tags; all when empty.
    pub tags: &'static [&'static str],
    pub user: User,
    /// The user that the entrypoint switches to when it starts as root.
    pub switches_to: Option<u32>,
    pub writes: &'static [Writes],
    pub ports: &'static [u64],
    /// What the entrypoint needs as root.
    pub as_root: &'static [&'static str],
    pub of_file: &'static [&'static str],
    /// Variables without which it does not start as another user than root.
    pub variables: &'static [&'static str],
    /// It starts nothing of its own.
    pub is_base: bool,
}

pub(super) const fn at(path: &'static str, owner: Owner) -> Writes {
    Writes {
        path,
        owner,
        seeded: false,
        own: false,
        private: false,
    }
}

pub(super) const fn all(path: &'static str) -> Writes {
    at(path, Owner::Everybody)
}

pub(super) const fn root(path: &'static str) -> Writes {
    at(path, Owner::Root)
}

pub(super) const fn of(user: u32, path: &'static str) -> Writes {
    at(path, Owner::User(user))
}

impl Writes {
    pub(super) const fn seeded(mut self) -> Self {
        self.seeded = true;
        self
    }
    pub(super) const fn own(mut self) -> Self {
        self.own = true;
        self
    }
    pub(super) const fn private(mut self) -> Self {
        self.private = true;
        self
    }
}

pub(super) const fn image(name: &'static str, user: User, writes: &'static [Writes]) -> Image {
    Image {
        name,
        tags: &[],
        user,
        switches_to: None,
        writes,
        ports: &[],
        as_root: &[],
        of_file: &[],
        variables: &[],
        is_base: false,
    }
}

impl Image {
    pub(super) const fn tags(mut self, tags: &'static [&'static str]) -> Self {
        self.tags = tags;
        self
    }
    pub(super) const fn switches(mut self, user: u32, needs: &'static [&'static str]) -> Self {
        self.switches_to = Some(user);
        self.as_root = needs;
        self
    }
    pub(super) const fn needs(mut self, needs: &'static [&'static str]) -> Self {
        self.as_root = needs;
        self
    }
    pub(super) const fn ports(mut self, ports: &'static [u64]) -> Self {
        self.ports = ports;
        self
    }
    pub(super) const fn of_file(mut self, capabilities: &'static [&'static str]) -> Self {
        self.of_file = capabilities;
        self
    }
    pub(super) const fn variables(mut self, variables: &'static [&'static str]) -> Self {
        self.variables = variables;
        self
    }
    pub(super) const fn base(mut self) -> Self {
        self.is_base = true;
        self
    }
}
