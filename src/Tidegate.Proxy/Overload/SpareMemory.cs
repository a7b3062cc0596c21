namespace Tidegate.Proxy.Overload;

/// <summary>What a worker holds and could do without: it is given up, all of it, before anybody is ended for want of memory.</summary>
internal sealed class SpareMemory
{
    private Holder? _first;

    /// <summary>Gives up all that may be given up now.</summary>
    public void GiveUp()
    {
        Holder? holder = _first;
        while (holder is not null)
        {
            Holder? next = holder.Next;
            if (holder.MayGiveUp)
            {
                holder.GiveUp();
            }

            holder = next;
        }
    }

    /// <summary>Somebody who holds something of that kind.</summary>
    internal abstract class Holder
    {
        private Holder? _previous;

        internal Holder? Next { get; private set; }

        /// <summary>Whether it can do without now.</summary>
        public abstract bool MayGiveUp { get; }

        /// <summary>Gives it up; leaves the list.</summary>
        public abstract void GiveUp();

        /// <summary>Puts it on the list.</summary>
        protected void Enter(SpareMemory list)
        {
            Next = list._first;
            if (Next is not null)
            {
                Next._previous = this;
            }

            list._first = this;
        }

        /// <summary>Takes it off the list that it is on.</summary>
        protected void Leave(SpareMemory list)
        {
            if (_previous is null)
            {
                list._first = Next;
            }
            else
            {
                _previous.Next = Next;
            }

            if (Next is not null)
            {
                Next._previous = _previous;
            }

            Next = null;
            _previous = null;
        }
    }
}
