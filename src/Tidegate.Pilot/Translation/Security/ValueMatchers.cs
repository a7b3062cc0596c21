using System.Globalization;
using System.Net;
using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Envoy.Type.Matcher.V3;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Translation.Security;

/// <summary>What values of policies are compared by: as they are, <c>x*</c>, <c>*x</c>, and <c>*</c> for any that is not empty (istio-gateway.md 7.3).</summary>
internal static class ValueMatchers
{
    private const string JwtFilter = "envoy.filters.http.jwt_authn";
    private const string JwtPayload = "payload";

    private static readonly System.Buffers.SearchValues<char> RegexCharacters = System.Buffers.SearchValues.Create(@"\.+*?()|[]{}^$");

    /// <summary>A text.</summary>
    public static StringMatcher Text(string value, bool ignoreCase = false) => value switch
    {
        "*" => Regex(".+"),
        ['*', .. var suffix] => new StringMatcher { Suffix = suffix, IgnoreCase = ignoreCase },
        [.. var prefix, '*'] => new StringMatcher { Prefix = prefix, IgnoreCase = ignoreCase },
        _ => new StringMatcher { Exact = value, IgnoreCase = ignoreCase },
    };

    /// <summary>The name in a certificate: what is written, behind <c>spiffe://</c>.</summary>
    public static StringMatcher Principal(string value) => value switch
    {
        "*" => Regex(".+"),
        ['*', .. var suffix] => Regex($"spiffe://.*{Quote(suffix)}"),
        [.. var prefix, '*'] => new StringMatcher { Prefix = $"spiffe://{prefix}" },
        _ => new StringMatcher { Exact = $"spiffe://{value}" },
    };

    /// <summary>The namespace in a certificate's name.</summary>
    /// <param name="value">The namespace.</param>
    /// <param name="isWide">Whether names count that are none of SPIFFE, as in Istio; else only those of SPIFFE.</param>
    public static StringMatcher Namespace(string value, bool isWide) => Regex($"{(isWide ? "" : "spiffe://")}.*/ns/{Pattern(value, ".*")}/.*");

    /// <summary>The service account in a certificate's name: <c>name</c> or <c>namespace/name</c>.</summary>
    public static StringMatcher ServiceAccount(string value, string namespaceName)
    {
        string[] parts = value.Contains('/') ? value.Split('/', 2) : [namespaceName, value];
        return Regex($"spiffe://.+/ns/{Quote(parts[0])}/(.+/|)sa/{Quote(parts[1])}(/.+)?");
    }

    /// <summary>The trust domain of a certificate's name.</summary>
    public static StringMatcher TrustDomain(string value) =>
        value.Contains('*') ? Regex($"spiffe://{Pattern(value, "[^/]*")}/.*") : new StringMatcher { Prefix = $"spiffe://{value}/" };

    /// <summary>A field.</summary>
    public static HeaderMatcher Header(string name, string value, bool ignoreCase = false) => value == "*"
        ? new HeaderMatcher { Name = name, PresentMatch = true }
        : new HeaderMatcher { Name = name, StringMatch = Text(value, ignoreCase) };

    /// <summary>A path.</summary>
    public static PathMatcher Path(string value) => new() { Path = Text(value) };

    /// <summary>An address, or a range of them; null when it is none.</summary>
    public static CidrRange? Range(string value)
    {
        if (AddressSyntax.CheckSubnet(value) is not null)
        {
            return null;
        }

        string[] parts = value.Split('/');
        IPAddress address = IPAddress.Parse(parts[0]);
        uint length = parts.Length > 1 ? uint.Parse(parts[1], CultureInfo.InvariantCulture) : (uint)address.GetAddressBytes().Length * 8;
        return new CidrRange { AddressPrefix = parts[0], PrefixLen = length };
    }

    /// <summary>A claim that is a text.</summary>
    public static MetadataMatcher Claim(string name, StringMatcher text) => Metadata(JwtFilter, [JwtPayload, name], new ValueMatcher { StringMatch = text });

    /// <summary>A claim that is a text or a list of texts; any of these values.</summary>
    public static MetadataMatcher ClaimOrList(IEnumerable<string> path, IEnumerable<StringMatcher> texts)
    {
        ValueMatcher[] any = [.. texts.Select(text => new ValueMatcher { StringMatch = text })];
        ValueMatcher value = any.Length == 1 ? any[0] : new ValueMatcher { OrMatch = new OrMatcher { ValueMatchers = { any } } };
        return Metadata(JwtFilter, [JwtPayload, .. path], new ValueMatcher
        {
            OrMatch = new OrMatcher { ValueMatchers = { new ValueMatcher { ListMatch = new ListMatcher { OneOf = value } }, value } },
        });
    }

    /// <summary>What a filter has noted: a text, or in brackets a text in a list.</summary>
    public static MetadataMatcher Noted(string filter, string name, string value) => Metadata(filter, [name], value is ['[', .. var inner, ']']
        ? new ValueMatcher { ListMatch = new ListMatcher { OneOf = new ValueMatcher { StringMatch = Text(inner) } } }
        : new ValueMatcher { StringMatch = Text(value) });

    /// <summary>A value of metadata.</summary>
    public static MetadataMatcher Metadata(string filter, IEnumerable<string> path, ValueMatcher value) => new()
    {
        Filter = filter,
        Path = { path.Select(key => new MetadataMatcher.Types.PathSegment { Key = key }) },
        Value = value,
    };

    /// <summary>An expression.</summary>
    public static StringMatcher Regex(string expression) => new() { SafeRegex = new RegexMatcher { Regex = expression } };

    /// <summary>A text in an expression.</summary>
    public static string Quote(string text)
    {
        if (!text.AsSpan().ContainsAny(RegexCharacters))
        {
            return text;
        }

        var quoted = new StringBuilder(text.Length + 4);
        foreach (char c in text)
        {
            (RegexCharacters.Contains(c) ? quoted.Append('\\') : quoted).Append(c);
        }

        return quoted.ToString();
    }

    private static string Pattern(string value, string any) => string.Join(any, value.Split('*').Select(Quote));
}
