use super::*;
use std::os::unix::fs::PermissionsExt;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn no_env(_: &str) -> Option<String> {
    None
}

#[test]
fn without_a_passphrase_a_key_file_is_made_at_first_use() {
    let folder = tempfile::tempdir().unwrap();
    let store = SecretStore::open(folder.path(), None).unwrap();
    assert!(!store.key_file().exists(), "opening makes nothing");
    assert_eq!(store.opens_by_passphrase(), None);
    store.set("flow.token", &Secret::new("tok-123")).unwrap();
    assert_eq!(store.opens_by_passphrase(), Some(false));
    assert_eq!((mode(&store.sealed_file()), mode(&store.key_file())), (0o600, 0o600));
    let again = SecretStore::open(folder.path(), None).unwrap();
    assert_eq!(again.get("flow.token").unwrap().reveal(), "tok-123");
    let sealed = std::fs::read(store.sealed_file()).unwrap();
    assert!(!sealed.windows(7).any(|window| window == b"tok-123"));
}

#[test]
fn a_passphrase_opens_and_a_wrong_one_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = SecretStore::open(folder.path(), Some(Secret::new("correct horse"))).unwrap();
    store.set("a", &Secret::new("1")).unwrap();
    assert!(!store.key_file().exists());
    let path = store.sealed_file();
    let wrong = SecretStore::open(folder.path(), Some(Secret::new("battery staple"))).err();
    assert_eq!(wrong, Some(SecretError::WrongPassphrase { path: path.clone() }));
    assert_eq!(SecretStore::open(folder.path(), None).err(), Some(SecretError::PassphraseNeeded { path }));
    let right = SecretStore::open(folder.path(), Some(Secret::new("correct horse"))).unwrap();
    assert_eq!(right.get("a").unwrap().reveal(), "1");
}

#[test]
fn two_handles_see_each_others_changes_also_after_resealing() {
    let folder = tempfile::tempdir().unwrap();
    let one = SecretStore::open(folder.path(), None).unwrap();
    let two = SecretStore::open(folder.path(), None).unwrap();
    one.set("a", &Secret::new("1")).unwrap();
    two.set("b", &Secret::new("2")).unwrap();
    assert_eq!(one.names().unwrap(), ["a", "b"]);
    one.reseal(None).unwrap();
    assert_eq!(two.get("b").unwrap().reveal(), "2");
    one.reseal(Some(&Secret::new("correct horse"))).unwrap();
    assert!(!one.key_file().exists());
    assert!(matches!(two.get("a"), Err(SecretError::PassphraseNeeded { .. })));
    one.reseal(None).unwrap();
    assert_eq!(two.get("a").unwrap().reveal(), "1");
    two.remove("a").unwrap();
    two.remove("never there").unwrap();
    assert!(matches!(one.get("a"), Err(SecretError::Missing { .. })));
    one.set("harbour-vine.x", &Secret::new("3")).unwrap();
    one.remove_all("harbour-vine.").unwrap();
    assert_eq!(two.names().unwrap(), ["b"]);
}

#[test]
fn a_lost_or_open_key_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = SecretStore::open(folder.path(), None).unwrap();
    store.set("a", &Secret::new("1")).unwrap();
    let key = store.key_file();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = SecretStore::open(folder.path(), None).err().unwrap();
    assert_eq!(error.remedy(), format!("chmod 600 {}", key.display()));
    std::fs::remove_file(&key).unwrap();
    assert_eq!(SecretStore::open(folder.path(), None).err(), Some(SecretError::KeyMissing { path: key }));
}

#[test]
fn references_resolve() {
    let folder = tempfile::tempdir().unwrap();
    let store = SecretStore::open(folder.path(), None).unwrap();
    let env = |name: &str| (name == "FLOW_TOKEN").then(|| "from-env".to_owned());
    let resolved = store.resolve(&SecretRef::Env("FLOW_TOKEN".into()), &env).unwrap();
    assert_eq!(resolved.reveal(), "from-env");
    let missing = store.resolve(&SecretRef::Env("OTHER".into()), &env).unwrap_err();
    assert_eq!(missing.to_string(), "no credential at the environment variable OTHER");

    let path = folder.path().join("token");
    private_file::replace(&path, b"from-file\n").unwrap();
    let file = SecretRef::File(path.clone());
    assert_eq!(store.resolve(&file, &no_env).unwrap().reveal(), "from-file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let open = store.resolve(&file, &no_env).unwrap_err();
    assert_eq!(open, SecretError::TooOpen { path, mode: 0o640 });

    store.set("flow.token", &Secret::new("sealed")).unwrap();
    let sealed = SecretRef::Sealed("flow.token".into());
    assert_eq!(store.resolve(&sealed, &no_env).unwrap().reveal(), "sealed");
}

#[test]
fn a_successor_is_used_until_another_credential_stands_outside() {
    let folder = tempfile::tempdir().unwrap();
    let store = SecretStore::open(folder.path(), None).unwrap();
    let outside = Mutex::new("r-0".to_owned());
    let env = |_: &str| Some(outside.lock().unwrap().clone());
    let reference = SecretRef::Env("PLANDAY_TOKEN".into());
    let revealed = |store: &SecretStore| store.resolve(&reference, &env).unwrap().reveal().to_owned();
    assert_eq!(revealed(&store), "r-0");
    assert_eq!(store.succession(&reference, &env).unwrap(), Succession::None);
    assert!(!store.sealed_file().exists(), "asking makes nothing");
    store.keep_successor(&reference, &env, &Secret::new("r-1")).unwrap();
    store.keep_successor(&reference, &env, &Secret::new("r-2")).unwrap();
    // Another process, later.
    let again = SecretStore::open(folder.path(), None).unwrap();
    assert_eq!((revealed(&again), again.succession(&reference, &env).unwrap()), ("r-2".into(), Succession::InUse));
    let sealed = std::fs::read(store.sealed_file()).unwrap();
    assert!(!sealed.windows(3).any(|window| window == b"r-2"));
    "n-0".clone_into(&mut outside.lock().unwrap());
    assert_eq!((revealed(&again), again.succession(&reference, &env).unwrap()), ("n-0".into(), Succession::Outdated));
    again.keep_successor(&reference, &env, &Secret::new("n-1")).unwrap();
    assert_eq!(revealed(&store), "n-1");
    store.forget_successor(&reference).unwrap();
    assert_eq!(revealed(&store), "n-0");

    let path = folder.path().join("token");
    private_file::replace(&path, b"f-0\n").unwrap();
    let file = SecretRef::File(path.clone());
    store.keep_successor(&file, &no_env, &Secret::new("f-1")).unwrap();
    assert_eq!(store.resolve(&file, &no_env).unwrap().reveal(), "f-1");
    std::fs::remove_file(&path).unwrap();
    let gone = store.resolve(&file, &no_env);
    assert!(matches!(gone, Err(SecretError::Missing { .. })), "what the operator took away is not used: {gone:?}");
}
