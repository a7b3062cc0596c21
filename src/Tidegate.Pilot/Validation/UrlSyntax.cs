namespace Tidegate.Pilot.Validation;

/// <summary>Where keys and tokens may be asked for.</summary>
internal static class UrlSyntax
{
    /// <summary>A URL of http or https, without a user.</summary>
    public static string? CheckHttp(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0 && uri.UserInfo.Length == 0
            ? null
            : $"{GoText.Quote(text)} is no URL of http or https";
}
