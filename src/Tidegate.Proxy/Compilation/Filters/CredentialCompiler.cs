using System.Collections.Frozen;
using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Extensions.Filters.Http.ApiKeyAuth.V3;
using Envoy.Extensions.Filters.Http.BasicAuth.V3;
using Google.Protobuf.Collections;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Filters.Credentials;
using Tidegate.Rules.Values;

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>Compiles the filters that clients show a key or a password to. No message has any of these.</summary>
internal static class CredentialCompiler
{
    /// <summary>Compiles <c>api_key_auth</c> of a listener.</summary>
    public static ApiKeyFilter Compile(ApiKeyAuth config, CompileScope scope) => new()
    {
        Clients = Clients(config.Credentials, scope),
        Sources = Sources(config.KeySources, scope),
        Forwarding = Forwarding(config.Forwarding, scope) ?? new ApiKeyForwarding([], false),
    };

    /// <summary>Compiles what a route says to it.</summary>
    public static ApiKeyRouteSettings CompileForRoute(ApiKeyAuthPerRoute config, CompileScope scope) => new(
        config.Credentials.Count == 0 ? null : Clients(config.Credentials, scope),
        config.KeySources.Count == 0 ? null : Sources(config.KeySources, scope),
        Forwarding(config.Forwarding, scope),
        config.AllowedClients.Count == 0 ? null : config.AllowedClients.ToFrozenSet(StringComparer.Ordinal));

    /// <summary>Compiles <c>basic_auth</c> of a listener.</summary>
    public static BasicAuthFilter? Compile(BasicAuth config, CompileScope scope)
    {
        CheckField(config.ForwardUsernameHeader, scope.At("forward_username_header"));
        return Users(config.Users, scope.At("users")) is { } users ? new BasicAuthFilter(users, Encoding.ASCII.GetBytes(config.ForwardUsernameHeader.ToLowerInvariant())) : null;
    }

    /// <summary>Compiles what a route says to it.</summary>
    public static object? CompileForRoute(BasicAuthPerRoute config, CompileScope scope) =>
        (object?)Users(config.Users, scope.At("users")) ?? new UnavailableFilter("envoy.filters.http.basic_auth");

    private static FrozenDictionary<ContentDigest, ApiClient> Clients(RepeatedField<Credential> credentials, CompileScope scope)
    {
        Dictionary<ContentDigest, ApiClient> clients = new(credentials.Count);
        for (int i = 0; i < credentials.Count; i++)
        {
            CompileScope at = scope.At("credentials", i);
            at.RefuseIf(credentials[i].Key.Length == 0 || credentials[i].Client.Length == 0, "a key and a client are needed");
            at.RefuseIf(!clients.TryAdd(ContentDigest.Of(Encoding.UTF8.GetBytes(credentials[i].Key)), new ApiClient(credentials[i].Client)), "the key is there twice");
        }

        return clients.ToFrozenDictionary();
    }

    private static ApiKeySource[] Sources(RepeatedField<KeySource> sources, CompileScope scope)
    {
        List<ApiKeySource> compiled = [];
        for (int i = 0; i < sources.Count; i++)
        {
            KeySource source = sources[i];
            CheckField(source.Header, scope.At("key_sources", i).At("header"));
            scope.At("key_sources", i).RefuseIf(source.Header.Length + source.Query.Length + source.Cookie.Length == 0, "a header, a query or a cookie is needed");
            compiled.Add(source.Header.Length > 0 ? new ApiKeyHeader(source.Header)
                : source.Query.Length > 0 ? new ApiKeyParameter(source.Query)
                : new ApiKeyCookie(source.Cookie));
        }

        return [.. compiled];
    }

    private static ApiKeyForwarding? Forwarding(Forwarding? forwarding, CompileScope scope)
    {
        CheckField(forwarding?.Header ?? string.Empty, scope.At("forwarding").At("header"));
        return forwarding is null ? null : new ApiKeyForwarding(Encoding.ASCII.GetBytes(forwarding.Header.ToLowerInvariant()), forwarding.HideCredentials);
    }

    private static PasswordTable? Users(DataSource? source, CompileScope scope)
    {
        if (source is null)
        {
            scope.Refuse("is missing");
            return null;
        }

        PasswordTable? users = PasswordTable.Parse(DataSources.Text(source, scope), out string problem);
        scope.RefuseIf(users is null, problem);
        return users;
    }

    private static void CheckField(string name, CompileScope scope) => scope.RefuseIf(name.Length > 0 ? FieldRules.CheckName(name) : null);
}
