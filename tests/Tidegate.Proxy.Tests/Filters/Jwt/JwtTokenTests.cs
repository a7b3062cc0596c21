using System.Text;
using Tidegate.Proxy.Filters.Jwt;

namespace Tidegate.Proxy.Tests.Filters.Jwt;

/// <summary>Tokens and keys as Envoy reads them (security-envoy.md 8).</summary>
public sealed class JwtTokenTests
{
    private const string Good = "\"iss\":\"i\",\"sub\":\"s\"";

    private static readonly TestIssuer Issuer = new();
    private static readonly TestIssuer Other = new();

    [Theory]
    [InlineData("RS256", "r")]
    [InlineData("RS384", "r")]
    [InlineData("RS512", "r")]
    [InlineData("PS256", "r")]
    [InlineData("PS384", "r")]
    [InlineData("PS512", "r")]
    [InlineData("ES256", "e2")]
    [InlineData("ES384", "e3")]
    [InlineData("ES512", "e5")]
    [InlineData("HS256", "h")]
    [InlineData("HS384", "h")]
    [InlineData("HS512", "h")]
    [InlineData("EdDSA", "o")]
    public void A_signature_of_each_algorithm_is_verified_by_its_key_and_by_no_other(string algorithm, string key)
    {
        string named = Issuer.Token(Good, $"\"alg\":\"{algorithm}\",\"kid\":\"{key}\"", algorithm);
        string nameless = Issuer.Token(Good, $"\"alg\":\"{algorithm}\"", algorithm);
        string tampered = named[..^6] + (named[^6] == 'A' ? 'B' : 'A') + named[^5..];

        Assert.Equal(JwtStatus.Ok, Verify(named, Issuer.KeySet));
        Assert.Equal(JwtStatus.Ok, Verify(nameless, Issuer.KeySet));
        Assert.Equal(JwtStatus.BadSignature, Verify(tampered, Issuer.KeySet));
        Assert.Equal(JwtStatus.BadSignature, Verify(named, Other.KeySet));
    }

    [Fact]
    public void The_key_has_to_have_the_tokens_name_or_none_and_to_be_for_its_algorithm()
    {
        string set = Issuer.RsaKeySet();

        Assert.Equal(JwtStatus.NoKey, Verify(Issuer.Token(Good, "\"alg\":\"RS256\",\"kid\":\"R\""), set));
        Assert.Equal(JwtStatus.Ok, Verify(Issuer.Token(Good, "\"alg\":\"RS256\",\"kid\":\"other\""), set.Replace("\"kid\": \"r\", ", "", StringComparison.Ordinal)));
        Assert.Equal(JwtStatus.Ok, Verify(Issuer.Token(Good, "\"alg\":\"RS256\",\"kid\":\"\""), set));
        Assert.Equal(JwtStatus.NoKey, Verify(Issuer.Token(Good), set.Replace("\"kty\"", "\"alg\": \"RS512\", \"kty\"", StringComparison.Ordinal)));
        Assert.Equal(JwtStatus.BadSignature, Verify(Issuer.Token(Good, "\"alg\":\"ES256\",\"kid\":\"r\""), set)); // a key of another kind
        Assert.Equal(JwtStatus.BadSignature, Verify(Issuer.Token(Good, "\"alg\":\"HS256\",\"kid\":\"r\"", "HS256"), set)); // the public key is no secret
    }

    [Fact]
    public void A_set_without_a_key_that_can_be_used_is_none_and_says_nothing_of_keys()
    {
        Assert.Null(JwtKeySet.TryParse("{\"keys\": []}"u8.ToArray(), out string empty));
        Assert.Equal("has no keys", empty);
        Assert.Null(JwtKeySet.TryParse("""{"keys": [{"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"}, {"kty": "RSA", "n": "AAAA", "e": "AQAB"}]}"""u8.ToArray(), out string broken));
        Assert.Equal("has no key that can be used", broken);
        Assert.NotNull(JwtKeySet.TryParse(Encoding.UTF8.GetBytes(Issuer.KeySet.Replace("\"crv\": \"P-256\"", "\"crv\": \"P-1\"", StringComparison.Ordinal)), out _));
    }

    [Theory]
    [InlineData("", "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections")]
    [InlineData("a.b", "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections")]
    [InlineData("a.b.c.d", "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections")]
    [InlineData("a.b.", "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections")]
    [InlineData("a*.b.c", "Jwt header is an invalid Base64url encoded")]
    [InlineData("YWJj.b.c", "Jwt header is an invalid JSON")]
    [InlineData("W10.b.c", "Jwt header is an invalid JSON")]
    public void What_is_no_token_is_told_in_Envoys_words(string text, string words)
    {
        Assert.Equal(words, JwtStatusTexts.Text(JwtToken.Parse(Encoding.UTF8.GetBytes(text), out _)));
    }

    [Theory]
    [InlineData("\"kid\":\"r\"", Good, "Jwt header [alg] field is required and must be a string")]
    [InlineData("\"alg\":1", Good, "Jwt header [alg] field is required and must be a string")]
    [InlineData("\"alg\":\"none\"", Good, "Jwt header [alg] is not supported")]
    [InlineData("\"alg\":\"rs256\"", Good, "Jwt header [alg] is not supported")]
    [InlineData("\"alg\":\"RS256\",\"alg\":\"RS256\"", Good, "Jwt header is an invalid JSON")]
    [InlineData("\"alg\":\"RS256\",\"kid\":1", Good, "Jwt header [kid] field is not a string")]
    [InlineData("\"alg\":\"RS256\",\"crit\":[\"b64\"]", Good, "Jwt header [crit] field names an extension that is not supported")]
    [InlineData("\"alg\":\"RS256\"", "\"iss\":1", "Jwt payload [iss] field is not a string")]
    [InlineData("\"alg\":\"RS256\"", "\"sub\":[]", "Jwt payload [sub] field is not a string")]
    [InlineData("\"alg\":\"RS256\"", "\"jti\":{}", "Jwt payload [jti] field is not a string")]
    [InlineData("\"alg\":\"RS256\"", "\"iat\":\"1\"", "Jwt payload [iat] field is not an integer")]
    [InlineData("\"alg\":\"RS256\"", "\"iat\":-1", "Jwt payload [iat] field is not a positive 64 bit integer")]
    [InlineData("\"alg\":\"RS256\"", "\"nbf\":null", "Jwt payload [nbf] field is not an integer")]
    [InlineData("\"alg\":\"RS256\"", "\"nbf\":1e30", "Jwt payload [nbf] field is not a positive 64 bit integer")]
    [InlineData("\"alg\":\"RS256\"", "\"exp\":true", "Jwt payload [exp] field is not an integer")]
    [InlineData("\"alg\":\"RS256\"", "\"exp\":-0.5", "Jwt payload [exp] field is not a positive 64 bit integer")]
    [InlineData("\"alg\":\"RS256\"", "\"aud\":1", "Jwt payload [aud] field is not a string or string list")]
    [InlineData("\"alg\":\"RS256\"", "\"aud\":[\"a\",1]", "Jwt payload [aud] field is not a string or string list")]
    [InlineData("\"alg\":\"RS256\"", "\"a\":1,\"a\":1", "Jwt payload is an invalid JSON")]
    [InlineData("\"alg\":\"RS256\"", "\"a\":1e999", "Jwt payload is an invalid JSON")]
    [InlineData("\"alg\":\"RS256\"", "\"a\":\"\\ud800\"", "Jwt payload is an invalid JSON")]
    public void What_is_wrong_with_a_part_is_told_in_Envoys_words(string header, string payload, string words)
    {
        JwtStatus status = JwtToken.Parse(Encoding.UTF8.GetBytes(Issuer.Token(payload, header)), out _);

        Assert.Equal(words, JwtStatusTexts.Text(status));
        Assert.Equal($"jwt_authn_access_denied{{{words.Replace(' ', '_')}}}", JwtStatusTexts.Details(status));
    }

    [Theory]
    [InlineData("\"a\":1", 1000, JwtStatus.Ok)] // never expires
    [InlineData("\"exp\":0", 1000, JwtStatus.Expired)] // where Envoy takes it for never
    [InlineData("\"exp\":940", 1000, JwtStatus.Ok)] // 60 s of skew
    [InlineData("\"exp\":939.9", 1000, JwtStatus.Expired)]
    [InlineData("\"nbf\":1060", 1000, JwtStatus.Ok)]
    [InlineData("\"nbf\":1061", 1000, JwtStatus.NotYetValid)]
    [InlineData("\"iat\":9999", 1000, JwtStatus.Ok)]
    [InlineData("\"exp\":18446744073709549568", 1000, JwtStatus.Ok)]
    public void Times_count_with_some_skew(string payload, int now, object expected)
    {
        Assert.Equal(JwtStatus.Ok, JwtToken.Parse(Encoding.UTF8.GetBytes(Issuer.Token(payload)), out JwtToken token));

        Assert.Equal((JwtStatus)expected, token.CheckTime((ulong)now, 60));
    }

    [Theory]
    [InlineData("YWI", "ab")]
    [InlineData("YWI=", "ab")]
    [InlineData("YWJj", "abc")]
    [InlineData("Y WJ\tj", "abc")]
    [InlineData("YWJ=", "ab")] // bits that are left over
    [InlineData("YQ==", "a")]
    [InlineData("YQ=", null)]
    [InlineData("Y", null)]
    [InlineData("YWI=x", null)]
    [InlineData("YW+j", null)]
    public void Base64url_is_read_as_Envoy_does(string text, string? expected)
    {
        byte[]? read = JwtBase64.Decode(Encoding.ASCII.GetBytes(text));

        Assert.Equal(expected, read is null ? null : Encoding.ASCII.GetString(read));
    }

    private static JwtStatus Verify(string text, string set)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        JwtStatus status = JwtToken.Parse(bytes, out JwtToken token);
        Assert.Equal(JwtStatus.Ok, status);
        JwtKeySet? keys = JwtKeySet.TryParse(Encoding.UTF8.GetBytes(set), out string problem);
        Assert.True(keys is not null, problem);
        return keys.Verify(token, bytes, worker: 0);
    }
}
