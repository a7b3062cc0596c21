namespace Tidegate.Net;

/// <summary>Why an operation on a socket failed: an error number of the system. The default is "it did not".</summary>
public readonly record struct IoError(int Errno)
{
    /// <summary>No error.</summary>
    public static readonly IoError None;

    /// <summary>EPERM or EACCES: not allowed, such as a port below 1024 without the right to it.</summary>
    public static readonly IoError PermissionDenied = new(13);

    /// <summary>EADDRINUSE: another socket has the address.</summary>
    public static readonly IoError AddressInUse = new(98);

    /// <summary>EAGAIN: nothing is there, or no room is, as yet.</summary>
    public static readonly IoError WouldBlock = new(11);

    /// <summary>EPIPE: sent on a connection that the peer had ended in order and reset afterwards.</summary>
    public static readonly IoError BrokenPipe = new(32);

    /// <summary>EMFILE: this process has used up its file descriptors.</summary>
    public static readonly IoError TooManyOpenFiles = new(24);

    /// <summary>EPROTO: what the peer sent breaks the protocol (TLS: a record or an alert that ends the connection).</summary>
    public static readonly IoError Protocol = new(71);

    /// <summary>EMSGSIZE: the peer sent more than is taken.</summary>
    public static readonly IoError MessageTooLong = new(90);

    /// <summary>EADDRNOTAVAIL: the address is not this host's; or, to connect, no local port is left.</summary>
    public static readonly IoError AddressNotAvailable = new(99);

    /// <summary>ECONNRESET: the peer ended the connection without ceremony.</summary>
    public static readonly IoError Reset = new(104);

    /// <summary>ETIMEDOUT: the peer did not answer in time.</summary>
    public static readonly IoError TimedOut = new(110);

    /// <summary>ECONNREFUSED: nobody listens there.</summary>
    public static readonly IoError Refused = new(111);

    /// <summary>ECANCELED: we gave up ourselves.</summary>
    public static readonly IoError Aborted = new(125);

    /// <summary>
    /// Whether it is this host's own doing and says nothing of the peer: EPERM, ENOMEM, EACCES, ENFILE, EMFILE, EADDRNOTAVAIL, ENOBUFS, ECANCELED.
    /// </summary>
    public bool IsLocal => Errno is 1 or 12 or 13 or 23 or 24 or 99 or 105 or 125;

    /// <summary>Whether there is an error at all.</summary>
    public bool IsError => Errno != 0;

    /// <summary>Whether the peer tore the connection down: ECONNRESET or EPIPE.</summary>
    public bool IsReset => Errno is 104 or 32;

    /// <summary>The system's words for it, as Envoy prints them: <c>Connection refused</c>.</summary>
    public override string ToString() => Errno == 0 ? "Success" : System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(Errno);
}
