using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Extensions.Filters.Http.ApiKeyAuth.V3;
using Envoy.Extensions.Filters.Http.BasicAuth.V3;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Resources.SecurityPolicies;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Translation.SecurityPolicies;

/// <summary>
/// <c>apiKeyAuth</c> and <c>basicAuth</c> of a SecurityPolicy. One client of a Secret that cannot be used costs that client alone; nothing of a Secret's values is in a
/// message.
/// </summary>
internal sealed class CredentialTranslation(PolicyDraft draft, PolicyObjects named)
{
    private const string UsersEntry = ".htpasswd";
    private const string Hash = "{SHA}";

    public void Translate(ApiKeyAuthSettings keys)
    {
        var filter = new ApiKeyAuth
        {
            KeySources =
            {
                keys.ExtractFrom.SelectMany(static source => source.Headers.Select(static name => new KeySource { Header = name })
                    .Concat(source.Params.Select(static name => new KeySource { Query = name }))
                    .Concat(source.Cookies.Select(static name => new KeySource { Cookie = name }))),
            },
            Forwarding = new Forwarding { Header = keys.ForwardClientIdHeader, HideCredentials = keys.Sanitize ?? true },
        };
        HashSet<string> clients = [];
        HashSet<string> known = [];
        for (int i = 0; i < keys.CredentialRefs.Count; i++)
        {
            string field = $"apiKeyAuth.credentialRefs[{i}]";
            if (SecretOf(keys.CredentialRefs[i], field) is not { } secret)
            {
                continue;
            }

            foreach ((string client, byte[] bytes) in secret.Data.OrderBy(static entry => entry.Key, StringComparer.Ordinal))
            {
                // A key that ends in a line break can be sent by nobody.
                string key = Encoding.UTF8.GetString(bytes).TrimEnd('\r', '\n');
                string? problem = !clients.Add(client) ? "is in an earlier Secret, which counts"
                    : key.Length == 0 || key.Any(char.IsControl) ? "has no key that can be sent"
                    : !known.Add(key) ? "has the key of another client, which counts"
                    : null;
                if (problem is null)
                {
                    filter.Credentials.Add(new Credential { Client = client, Key = key });
                }
                else
                {
                    draft.Tell(Severity.Warning, DiagnosticCodes.SecretUnusable, field, $"a client of {secret} {problem}");
                }
            }
        }

        draft.Add(PolicyPlace.ApiKey, "envoy.filters.http.api_key_auth", filter);
    }

    public void Translate(BasicAuthSettings basic)
    {
        if (SecretOf(basic.Users!, "basicAuth.users") is not { } secret)
        {
            return;
        }

        if (!secret.Data.TryGetValue(UsersEntry, out byte[]? bytes) || bytes.Length == 0)
        {
            draft.Close("basicAuth.users", $"{secret} has no entry {UsersEntry}");
            return;
        }

        List<string> users = [];
        HashSet<string> names = [];
        string[] lines = Encoding.UTF8.GetString(bytes).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string? problem = colon <= 0 ? "is not NAME:HASH"
                : !IsHash(line[(colon + 1)..]) ? $"has no hash that can be used: only {Hash} and the SHA-1 in base64 can (htpasswd -s)"
                : !names.Add(line[..colon]) ? "has a user that is there before"
                : null;
            if (problem is null)
            {
                users.Add(line);
            }
            else
            {
                draft.Tell(Severity.Warning, DiagnosticCodes.SecretUnusable, "basicAuth.users", $"line {i + 1} of {UsersEntry} in {secret} {problem}; that user cannot come in");
            }
        }

        draft.Add(PolicyPlace.BasicAuth, "envoy.filters.http.basic_auth", new BasicAuth
        {
            Users = new DataSource { InlineString = string.Join('\n', users) },
            ForwardUsernameHeader = basic.ForwardUsernameHeader,
        });
    }

    private static bool IsHash(string text)
    {
        Span<byte> hash = stackalloc byte[24];
        return text.StartsWith(Hash, StringComparison.Ordinal) && Convert.TryFromBase64String(text[Hash.Length..], hash, out int length) && length == 20;
    }

    private Secret? SecretOf(NamedObject reference, string field)
    {
        Secret? secret = named.Secret(reference);
        if (secret is null)
        {
            draft.Close(field, $"there is no Secret \"{reference.Name}\" in the policy's namespace");
        }

        return secret;
    }
}
