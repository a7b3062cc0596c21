using System.Text;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>Where clients are sent to log in (RFC 6749, section 4.1.1; RFC 7636, section 4.3). Immutable.</summary>
/// <param name="address">Its address, with or without a query.</param>
/// <param name="clientId">Who we are.</param>
/// <param name="scopes">What we ask for.</param>
/// <param name="resources">For which resources (RFC 8707).</param>
internal sealed class AuthorizationEndpoint(string address, string clientId, IReadOnlyList<string> scopes, IReadOnlyList<string> resources)
{
    private readonly string _base = address.Split('?')[0];
    private readonly (string Name, string Value)[] _own = [.. Parse(address)];
    private readonly string _clientId = Uri.EscapeDataString(clientId);
    private readonly string _scope = Uri.EscapeDataString(string.Join(' ', scopes));
    private readonly string _resources = string.Concat(resources.Select(static resource => $"&resource={Uri.EscapeDataString(resource)}"));

    /// <summary>The address of one login: parameters of the endpoint's own stay, unless they are ours; all are in the order of their names, as Envoy's.</summary>
    /// <param name="redirectUri">Where the provider sends the client back to.</param>
    /// <param name="state">What it sends with it.</param>
    /// <param name="codeChallenge">The hash of the code verifier.</param>
    /// <param name="nonce">What is to be in the ID token; null where none is asked for.</param>
    public string AddressOf(string redirectUri, string state, string codeChallenge, string? nonce)
    {
        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string value) in _own)
        {
            parameters[name] = value;
        }

        parameters["client_id"] = _clientId;
        parameters["code_challenge"] = codeChallenge;
        parameters["code_challenge_method"] = "S256";
        parameters["redirect_uri"] = Uri.EscapeDataString(redirectUri);
        parameters["response_type"] = "code";
        parameters["scope"] = _scope;
        parameters["state"] = state;
        if (nonce is not null)
        {
            parameters["nonce"] = nonce;
        }

        var made = new StringBuilder(_base);
        char separator = '?';
        foreach ((string name, string value) in parameters)
        {
            made.Append(separator).Append(name).Append('=').Append(value);
            separator = '&';
        }

        return made.Append(_resources).ToString();
    }

    private static IEnumerable<(string Name, string Value)> Parse(string address)
    {
        int query = address.IndexOf('?', StringComparison.Ordinal);
        foreach (string parameter in query < 0 ? [] : address[(query + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = parameter.IndexOf('=', StringComparison.Ordinal);
            yield return equals < 0 ? (parameter, string.Empty) : (parameter[..equals], parameter[(equals + 1)..]);
        }
    }
}
