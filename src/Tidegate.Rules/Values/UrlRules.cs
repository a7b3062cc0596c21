namespace Tidegate.Rules.Values;

/// <summary>What an address of a web server may be. Each check gives null, or what is wrong.</summary>
public static class UrlRules
{
    /// <summary>An endpoint that clients are sent to or that is asked: absolute, with http or https, without user and fragment, in visible ASCII.</summary>
    public static string? CheckEndpoint(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out Uri? uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps) && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0
        && address.All(static c => c is > ' ' and < '\x7F')
            ? null
            : "is no address with http or https";
}
