using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Tidegate.Pilot.Translation.Listeners;
using KubernetesSecret = Tidegate.Pilot.Resources.Secret;

namespace Tidegate.Pilot.Translation.Secrets;

/// <summary>
/// Makes a secret of the proxy out of one of Kubernetes (spec 1.7). Secrets are looked for in the namespace of the gateway's pod and nowhere
/// else. Nothing that it says contains a value.
/// </summary>
internal sealed class SecretTranslation(string proxyNamespace, IReadOnlyDictionary<(string Namespace, string Name), KubernetesSecret> secrets)
{
    private const string Scheme = "kubernetes://";
    private const string GatewayScheme = "kubernetes-gateway://";

    /// <summary>Whether the control plane serves that name at all; files and the workload's identity are the proxy's own.</summary>
    public static bool IsServed(string name) =>
        name.StartsWith(Scheme, StringComparison.Ordinal) || name.StartsWith(GatewayScheme, StringComparison.Ordinal);

    /// <summary>The secret of that name; null, with what is wrong, when there is none.</summary>
    public Secret? Translate(string name, bool isCertificate, out string problem)
    {
        if (!TryLocate(name, out var location, out problem))
        {
            return null;
        }
        return isCertificate ? Certificate(name, location, out problem) : Authorities(name, location, out problem);
    }

    /// <summary>The value of that name for those who ask for it; null, with what is wrong, when there is none, or none of them may have it.</summary>
    public Secret? Translate(string name, IReadOnlyList<GenericSecretUser> users, out string problem)
    {
        if (GenericSecretName.TryParse(name) is not { } parts)
        {
            problem = $"{name}: NAME/KEY or NAMESPACE/NAME/KEY is expected";
            return null;
        }
        var location = (parts.Namespace ?? proxyNamespace, parts.Name);
        if (location.Item1 != proxyNamespace && !users.Any(static user => user.IsTrusted))
        {
            problem = ForeignNamespace(location);
            return null;
        }
        if (!secrets.TryGetValue(location, out var secret))
        {
            problem = NotFound(location);
            return null;
        }
        if (Value(secret, parts.Key) is not { } value)
        {
            problem = $"secret {secret.Namespace}/{secret.Name} has no value under \"{parts.Key}\"; found: {KeysOf(secret)}";
            return null;
        }
        problem = "";
        return new Secret { Name = name, GenericSecret = new GenericSecret { Secret = Inline(value) } };
    }

    /// <summary>The object that a secret of that name is made of, or would be; null when it is not there.</summary>
    public KubernetesSecret? SourceOf(string name) => GenericSecretName.TryParse(name) is { } parts
        ? secrets.GetValueOrDefault((parts.Namespace ?? proxyNamespace, parts.Name))
        : TryLocate(name, out var location, out _) ? Find(location) : null;

    /// <summary>Whether nothing more is to be said of a secret than that it is not there, or was refused: there is none of its name anywhere else.</summary>
    public bool IsMissing(string name) => TryLocate(name, out var location, out _) && Find(location) is null && Elsewhere(location.Name) is null;

    // "NAME-cacert" may be a secret of its own, or part of the secret "NAME".
    private KubernetesSecret? Find((string Namespace, string Name) location)
    {
        if (secrets.TryGetValue(location, out var secret) || !location.Name.EndsWith(SdsSecrets.CaSuffix, StringComparison.Ordinal))
        {
            return secret;
        }
        return secrets.GetValueOrDefault((location.Namespace, location.Name[..^SdsSecrets.CaSuffix.Length]));
    }

    private bool TryLocate(string name, out (string Namespace, string Name) location, out string problem)
    {
        var path = name[(name.IndexOf("://", StringComparison.Ordinal) + 3)..];
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        location = slash < 0 ? (proxyNamespace, path) : (path[..slash], path[(slash + 1)..]);
        problem = location.Namespace == proxyNamespace
            ? ""
            : ForeignNamespace(location);
        return problem.Length == 0;
    }

    private Secret? Certificate(string name, (string Namespace, string Name) location, out string problem)
    {
        if (!secrets.TryGetValue(location, out var secret))
        {
            problem = NotFound(location);
            return null;
        }
        // The generic keys win when both are there.
        if (!TryPair(secret, "cert", "key", out var pair) && !TryPair(secret, "tls.crt", "tls.key", out pair))
        {
            var empty = secret.Data.ContainsKey("cert") && secret.Data.ContainsKey("key") ? ("cert", "key")
                : secret.Data.ContainsKey("tls.crt") && secret.Data.ContainsKey("tls.key") ? ("tls.crt", "tls.key")
                : default;
            problem = empty.Item1 is not null
                ? $"found keys \"{empty.Item1}\" and \"{empty.Item2}\", but they were empty"
                : $"found secret, but didn't have expected keys (cert and key) or (tls.crt and tls.key); found: {KeysOf(secret)}";
            return null;
        }
        problem = "";
        var certificate = new TlsCertificate { CertificateChain = Inline(pair.Certificate), PrivateKey = Inline(pair.Key) };
        if (secret.Data.TryGetValue("tls.ocsp-staple", out var staple) && staple.Length > 0)
        {
            certificate.OcspStaple = Inline(staple);
        }
        return new Secret { Name = name, TlsCertificate = certificate };
    }

    private Secret? Authorities(string name, (string Namespace, string Name) location, out string problem)
    {
        if (Find(location) is not { } secret)
        {
            problem = NotFound(location);
            return null;
        }
        if (Value(secret, "cacert") is not { } authorities && (authorities = Value(secret, "ca.crt")) is null)
        {
            problem = $"found secret, but didn't have expected keys cacert or ca.crt; found: {KeysOf(secret)}";
            return null;
        }
        problem = "";
        var context = new CertificateValidationContext { TrustedCa = Inline(authorities) };
        if ((Value(secret, "crl") ?? Value(secret, "ca.crl")) is { } revocations)
        {
            context.Crl = Inline(revocations);
        }
        return new Secret { Name = name, ValidationContext = context };
    }

    private string ForeignNamespace((string Namespace, string Name) location) =>
        $"secret {location.Namespace}/{location.Name}: cross namespace secret reference requires ReferenceGrant; put it into namespace {proxyNamespace}, beside the gateway";

    private string NotFound((string Namespace, string Name) location) => $"secret {location.Namespace}/{location.Name} not found: " + (Elsewhere(location.Name) is { } other
        ? $"there is Secret {other.Namespace}/{other.Name}, which is not in the gateway's namespace"
        : "it is not there, or was refused, which is told at the Secret");

    private KubernetesSecret? Elsewhere(string name) => secrets.Values.Where(secret => secret.Name == name).MinBy(secret => secret.Namespace, StringComparer.Ordinal);

    private static bool TryPair(KubernetesSecret secret, string certificateKey, string keyKey, out (byte[] Certificate, byte[] Key) pair)
    {
        pair = (Value(secret, certificateKey) ?? [], Value(secret, keyKey) ?? []);
        return pair.Certificate.Length > 0 && pair.Key.Length > 0;
    }

    private static byte[]? Value(KubernetesSecret secret, string key) =>
        secret.Data.TryGetValue(key, out var value) && value.Length > 0 ? value : null;

    private static string KeysOf(KubernetesSecret secret)
    {
        string[] known = [.. secret.Data.Keys.Where(KubernetesSecret.PublicKeys.Contains).Order(StringComparer.Ordinal)];
        int others = secret.Data.Count - known.Length;
        return others == 0 ? string.Join(", ", known) : string.Join(", ", known.Append($"{others} other{(others == 1 ? "" : "s")}"));
    }

    private static DataSource Inline(byte[] value) => new() { InlineBytes = ByteString.CopyFrom(value) };
}
