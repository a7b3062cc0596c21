namespace Tidegate.Net.Tls;

/// <summary>Carries an error of a connection through <see cref="System.Net.Security.SslStream"/>, which knows exceptions only.</summary>
internal sealed class ConnectionException(IoError error) : IOException(error.ToString())
{
    /// <summary>The error.</summary>
    public IoError Error { get; } = error;
}
