using System.Text;

namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>What came of the check of a token (Envoy: <c>google::jwt_verify::Status</c>).</summary>
internal enum JwtStatus : byte
{
    /// <summary>It is good.</summary>
    Ok,

    /// <summary>There is none.</summary>
    Missing,

    /// <summary>It has not three parts.</summary>
    BadForm,

    /// <summary>Its header is no base64url.</summary>
    HeaderBadBase64,

    /// <summary>Its header is no JSON object.</summary>
    HeaderBadJson,

    /// <summary>Its header names no algorithm.</summary>
    HeaderBadAlgorithm,

    /// <summary>Its algorithm is none that can be verified.</summary>
    HeaderUnsupportedAlgorithm,

    /// <summary>Its key's name is no text.</summary>
    HeaderBadKeyId,

    /// <summary>Its header demands what nobody here knows (RFC 7515, section 4.1.11).</summary>
    HeaderUnknownExtension,

    /// <summary>Its payload is no base64url.</summary>
    PayloadBadBase64,

    /// <summary>Its payload is no JSON object.</summary>
    PayloadBadJson,

    /// <summary>Its issuer is no text.</summary>
    IssuerNoText,

    /// <summary>Its subject is no text.</summary>
    SubjectNoText,

    /// <summary>Its id is no text.</summary>
    IdNoText,

    /// <summary>The time of its issue is no number.</summary>
    IssuedNoInteger,

    /// <summary>The same, out of range.</summary>
    IssuedOutOfRange,

    /// <summary>The time of its begin is no number.</summary>
    NotBeforeNoInteger,

    /// <summary>The same, out of range.</summary>
    NotBeforeOutOfRange,

    /// <summary>The time of its end is no number.</summary>
    ExpiryNoInteger,

    /// <summary>The same, out of range.</summary>
    ExpiryOutOfRange,

    /// <summary>Its audience is no text and no list of texts.</summary>
    AudienceNoText,

    /// <summary>Its signature is no base64url.</summary>
    SignatureBadBase64,

    /// <summary>Its end has passed.</summary>
    Expired,

    /// <summary>Its begin has not come.</summary>
    NotYetValid,

    /// <summary>Nobody here knows its issuer.</summary>
    UnknownIssuer,

    /// <summary>It is for somebody else.</summary>
    AudienceNotAllowed,

    /// <summary>No key has its key's name, or is for its algorithm.</summary>
    NoKey,

    /// <summary>Its signature is wrong.</summary>
    BadSignature,

    /// <summary>Its signature cannot be one of Ed25519.</summary>
    EdwardsSignatureLength,

    /// <summary>The keys could not be fetched.</summary>
    FetchFailed,

    /// <summary>The fetched keys are none.</summary>
    BadKeySet,
}

/// <summary>What clients and the log are told of it, in Envoy's words.</summary>
internal static class JwtStatusTexts
{
    private static readonly string[] Texts = Enum.GetValues<JwtStatus>().Select(static status => TextOf(status)).ToArray();
    private static readonly byte[][] Bodies = Array.ConvertAll(Texts, Encoding.ASCII.GetBytes);
    private static readonly string[] AllDetails = Array.ConvertAll(Texts, static text => $"jwt_authn_access_denied{{{text.Replace(' ', '_')}}}");

    /// <summary>The words.</summary>
    public static string Text(JwtStatus status) => Texts[(int)status];

    /// <summary>The body of the answer.</summary>
    public static byte[] Body(JwtStatus status) => Bodies[(int)status];

    /// <summary>The response code details.</summary>
    public static string Details(JwtStatus status) => AllDetails[(int)status];

    private static string TextOf(JwtStatus status) => status switch
    {
        JwtStatus.Ok => "OK",
        JwtStatus.Missing => "Jwt is missing",
        JwtStatus.BadForm => "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections",
        JwtStatus.HeaderBadBase64 => "Jwt header is an invalid Base64url encoded",
        JwtStatus.HeaderBadJson => "Jwt header is an invalid JSON",
        JwtStatus.HeaderBadAlgorithm => "Jwt header [alg] field is required and must be a string",
        JwtStatus.HeaderUnsupportedAlgorithm => "Jwt header [alg] is not supported",
        JwtStatus.HeaderBadKeyId => "Jwt header [kid] field is not a string",
        JwtStatus.HeaderUnknownExtension => "Jwt header [crit] field names an extension that is not supported",
        JwtStatus.PayloadBadBase64 => "Jwt payload is an invalid Base64url encoded",
        JwtStatus.PayloadBadJson => "Jwt payload is an invalid JSON",
        JwtStatus.IssuerNoText => "Jwt payload [iss] field is not a string",
        JwtStatus.SubjectNoText => "Jwt payload [sub] field is not a string",
        JwtStatus.IdNoText => "Jwt payload [jti] field is not a string",
        JwtStatus.IssuedNoInteger => "Jwt payload [iat] field is not an integer",
        JwtStatus.IssuedOutOfRange => "Jwt payload [iat] field is not a positive 64 bit integer",
        JwtStatus.NotBeforeNoInteger => "Jwt payload [nbf] field is not an integer",
        JwtStatus.NotBeforeOutOfRange => "Jwt payload [nbf] field is not a positive 64 bit integer",
        JwtStatus.ExpiryNoInteger => "Jwt payload [exp] field is not an integer",
        JwtStatus.ExpiryOutOfRange => "Jwt payload [exp] field is not a positive 64 bit integer",
        JwtStatus.AudienceNoText => "Jwt payload [aud] field is not a string or string list",
        JwtStatus.SignatureBadBase64 => "Jwt signature is an invalid Base64url encoded",
        JwtStatus.Expired => "Jwt is expired",
        JwtStatus.NotYetValid => "Jwt not yet valid",
        JwtStatus.UnknownIssuer => "Jwt issuer is not configured",
        JwtStatus.AudienceNotAllowed => "Audiences in Jwt are not allowed",
        JwtStatus.NoKey => "Jwks doesn't have key to match kid or alg from Jwt",
        JwtStatus.BadSignature => "Jwt verification fails",
        JwtStatus.EdwardsSignatureLength => "Jwt ED25519 signature is wrong length",
        JwtStatus.FetchFailed => "Jwks remote fetch is failed",
        JwtStatus.BadKeySet => "Jwks doesn't have any valid public key",
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };
}
