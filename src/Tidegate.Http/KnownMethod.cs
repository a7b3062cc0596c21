namespace Tidegate.Http;

/// <summary>The request methods that the gateway tells apart; every other token is <see cref="Other"/> (RFC 9110 section 9, RFC 5789).</summary>
public enum KnownMethod : byte
{
    /// <summary>Any other method; its name is in <see cref="RequestHead.MethodName"/>. Methods are case-sensitive, so <c>get</c> is one.</summary>
    Other,

    /// <summary>GET.</summary>
    Get,

    /// <summary>HEAD: the answer has no body.</summary>
    Head,

    /// <summary>POST.</summary>
    Post,

    /// <summary>PUT.</summary>
    Put,

    /// <summary>DELETE.</summary>
    Delete,

    /// <summary>CONNECT: the target is an authority.</summary>
    Connect,

    /// <summary>OPTIONS: the target may be <c>*</c>.</summary>
    Options,

    /// <summary>TRACE.</summary>
    Trace,

    /// <summary>PATCH.</summary>
    Patch,
}
