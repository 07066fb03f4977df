//! Variables that make a program run other code, or take other arguments, than its command says.

use crate::deliver::environment::is_among;
use crate::system::Environment;

/// The list follows the one of `sudo` (`initial_badenv_table` of its `env.c`, from memory), as far as that concerns code and arguments.
/// It has more: those of Java and Node.js, and Terraform's that add arguments, settings and running plugins (its manual, "Environment
/// Variables", and "Debugging Providers"). A trailing `*` stands for every name with that beginning.
const NAMES: [&str; 36] = [
    "BASHOPTS",
    "BASH_ENV",
    "BASH_FUNC_*",
    "CDPATH",
    "DYLD_*",
    "ENV",
    "FPATH",
    "GLOBIGNORE",
    "IFS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "LD_*",
    "LIBPATH",
    "NODE_OPTIONS",
    "NODE_PATH",
    "NULLCMD",
    "PERL5DB",
    "PERL5LIB",
    "PERL5OPT",
    "PERLLIB",
    "PS4",
    "PYTHONHOME",
    "PYTHONINSPECT",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONUSERBASE",
    "READNULLCMD",
    "RUBYLIB",
    "RUBYOPT",
    "SHELLOPTS",
    "SHLIB_PATH",
    "TF_CLI_ARGS*",
    "TF_CLI_CONFIG_FILE",
    "TF_REATTACH_PROVIDERS",
    "ZDOTDIR",
    "_JAVA_OPTIONS",
];

/// Removes them. Returns the names of those that were there, in order.
pub fn remove(environment: &mut Environment) -> Vec<String> {
    let names = environment.iter().filter_map(|(name, _)| name.to_str().map(str::to_owned));
    let mut found: Vec<String> = names.filter(|name| is_among(name, &NAMES, cfg!(windows))).collect();
    found.sort_unstable();
    found.iter().for_each(|name| environment.remove(name));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_the_command_goes_and_the_rest_stays() {
        let mut environment = Environment::of([
            ("BASH_ENV", "evil.sh"),
            ("BASH_FUNC_terraform%%", "() { evil; }"),
            ("HOME", "/home/ana"),
            ("LD_PRELOAD", "evil.so"),
            ("PATH", "/usr/bin"),
            ("TF_CLI_ARGS", "-no-color"),
            ("TF_CLI_ARGS_apply", "-destroy"),
            ("TF_VAR_size", "3"),
        ]);
        let removed = remove(&mut environment);
        assert_eq!(
            removed,
            ["BASH_ENV", "BASH_FUNC_terraform%%", "LD_PRELOAD", "TF_CLI_ARGS", "TF_CLI_ARGS_apply"]
        );
        let left: Vec<_> = environment.iter().map(|(name, _)| name.to_str().unwrap().to_owned()).collect();
        assert_eq!(left, ["HOME", "PATH", "TF_VAR_size"]);
        assert!(remove(&mut environment).is_empty());
    }
}
