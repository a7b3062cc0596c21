using System.Security.Authentication;

namespace Tidegate.Proxy.Tls;

/// <summary>A handshake of ours cannot be made, or its peer not be verified, because a secret has not come yet.</summary>
internal sealed class SecretNotKnownException(string message) : AuthenticationException(message);
