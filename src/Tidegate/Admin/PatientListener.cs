using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Tidegate.Admin;

/// <summary>
/// Accepts connections for Kestrel, and rests when the process has no descriptors left: Kestrel's own listener tries again at once, for as long as the connection waits,
/// and takes a processor for it.
/// </summary>
internal sealed class PatientListener(Socket socket, SocketConnectionContextFactory connections, int descriptorLimit) : IConnectionListener
{
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public EndPoint EndPoint => socket.LocalEndPoint!;

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                Socket accepted = await socket.AcceptAsync(cancellationToken);
                if (accepted.Handle >= descriptorLimit)
                {
                    accepted.Dispose(); // what is left is the runtime's
                    await Task.Delay(Rest, cancellationToken);
                    continue;
                }

                if (accepted.ProtocolType == ProtocolType.Tcp)
                {
                    accepted.NoDelay = true;
                }

                return connections.Create(accepted);
            }
            catch (ObjectDisposedException)
            {
                return null; // Kestrel's word for the end
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.OperationAborted)
            {
                return null;
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
            {
                await Task.Delay(Rest, cancellationToken);
            }
            catch (SocketException)
            {
                // Of one connection that is gone already: the next one.
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        connections.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>Makes <see cref="PatientListener"/>s.</summary>
internal sealed class PatientListenerFactory(ILoggerFactory loggers, int descriptorLimit) : IConnectionListenerFactory
{
    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var options = new SocketTransportOptions();
        bool isTcp = endpoint is IPEndPoint;
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, isTcp ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            socket.Bind(endpoint);
            socket.Listen(options.Backlog);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw exception.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? new AddressInUseException(exception.Message, exception)
                : new IOException(exception.Message, exception);
        }

        var connections = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), loggers.CreateLogger<PatientListener>());
        return ValueTask.FromResult<IConnectionListener>(new PatientListener(socket, connections, descriptorLimit));
    }
}
