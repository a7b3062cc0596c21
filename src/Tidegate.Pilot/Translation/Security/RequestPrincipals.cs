using Envoy.Config.Rbac.V3;
using Envoy.Type.Matcher.V3;

namespace Tidegate.Pilot.Translation.Security;

/// <summary>Issuer and subject of a verified token, written as one with a slash between; the last slash counts (security-envoy.md 4).</summary>
internal static class RequestPrincipals
{
    public static Principal Translate(string value)
    {
        StringMatcher any = ValueMatchers.Regex(".+");
        int slash = value.LastIndexOf('/');
        string issuer = slash < 0 ? value : value[..slash];
        string subject = slash < 0 ? "" : value[(slash + 1)..];
        return value switch
        {
            "*" => Of(any, any),
            ['*', ..] when slash < 0 => Of(any, new StringMatcher { Suffix = value[1..] }),
            ['*', ..] => Of(issuer == "*" ? any : new StringMatcher { Suffix = issuer[1..] }, new StringMatcher { Exact = subject }),
            [.., '*'] when slash < 0 => Of(new StringMatcher { Prefix = value[..^1] }, any),
            [.., '*'] => Of(new StringMatcher { Exact = issuer }, subject == "*" ? any : new StringMatcher { Prefix = subject[..^1] }),
            _ => Of(new StringMatcher { Exact = issuer }, new StringMatcher { Exact = subject }),
        };
    }

    private static Principal Of(StringMatcher issuer, StringMatcher subject) => new()
    {
        AndIds = new Principal.Types.Set
        {
            Ids =
            {
                new Principal { Metadata = ValueMatchers.Claim("iss", issuer) },
                new Principal { Metadata = ValueMatchers.Claim("sub", subject) },
            },
        },
    };
}
