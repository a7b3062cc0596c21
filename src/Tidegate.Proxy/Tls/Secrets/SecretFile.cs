namespace Tidegate.Proxy.Tls.Secrets;

/// <summary>Names of secrets that are in files of resources (Envoy: <c>sds_config.path_config_source</c>).</summary>
public static class SecretFile
{
    /// <summary>What such a name begins with; the path and, behind a tilde, the secret's own name follow.</summary>
    public const string Scheme = "sds-file:";

    /// <summary>The name of a secret in a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">The secret's name in it.</param>
    public static string NameOf(string path, string name) => $"{Scheme}{path}~{name}";

    /// <summary>The file and the name in it; null when the name is none of these.</summary>
    public static (string Path, string Name)? TryParse(string name)
    {
        int tilde = name.LastIndexOf('~');
        return name.StartsWith(Scheme, StringComparison.Ordinal) && tilde > Scheme.Length ? (name[Scheme.Length..tilde], name[(tilde + 1)..]) : null;
    }
}
