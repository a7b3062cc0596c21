namespace Tidegate.Http.Headers;

/// <summary>How names of fields are written in HTTP/1.1, where case means nothing and some peers ask for theirs all the same (Envoy: <c>header_key_format</c>).</summary>
public enum NameCase : byte
{
    /// <summary>In lower case.</summary>
    Lower,

    /// <summary>In the case in which they came; what the gateway adds itself is in lower case (Envoy: <c>preserve_case</c>).</summary>
    AsReceived,

    /// <summary>Each word with a capital: <c>X-Request-Id</c> (Envoy: <c>proper_case_words</c>).</summary>
    ProperWords,
}
